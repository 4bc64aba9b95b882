/** Chooses versions of a system of its own, and of one that others choose, too. `node chooser.ts FOLDER NAME` */
import { openCatalog } from '../../../src/terminology/library/catalog.ts'
import { facts } from './shelf-folder.ts'

const [folder = '', name = ''] = process.argv.slice(2)
const catalog = openCatalog(folder, { clock: Date.now })
for (let version = 20; version > 0; version--) {
  catalog.choose(`${facts.url}/${name}`, `${version}`)
  catalog.choose(facts.url, `${version}`)
}
