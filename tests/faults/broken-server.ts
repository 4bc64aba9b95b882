/** `node broken-server.ts early|split`: the server with a store that breaks a promise, for negative controls. */

import { acknowledgesEarly, splits } from './broken-store.ts'
import { openKiln } from './kiln.ts'

const store = process.env['KILN_STORE'] ?? ''
const name = store.startsWith('sqlite:') ? 'SQLite' : 'MongoDB'
const wrap = process.argv[2] === 'early' ? acknowledgesEarly : splits()
const { origin } = await openKiln({ name, store }, { wrap })
process.stdout.write(`Broken Kiln serves FHIR R4 at ${origin}/fhir\n`)
