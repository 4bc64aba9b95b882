/**
 * Loads one release after the other into a folder until it is killed. Every display of a release is its number, so that a mixed
 * one would show. `node endless-loader.ts FOLDER FIRST CONCEPTS`
 */
import { begin } from '../../../src/terminology/library/build.ts'
import { facts, needs } from './shelf-folder.ts'

const [folder = '', first = '0', concepts = '0'] = process.argv.slice(2)
const all = Array.from({ length: Number(concepts) }, (_, n) => n)
for (let number = Number(first); ; number++) {
  const build = begin(folder, { facts }, needs())
  build.concepts(all.map(n => ({ code: `${n}`, display: `${number}` })))
  build.edges(all.slice(1).map(n => ({ child: `${n}`, parent: `${n >> 1}` })))
  build.designations(all.map(n => ({ code: `${n}`, value: `release ${number}` })))
  build.finish()
  process.stdout.write(`${number}\n`)
}
