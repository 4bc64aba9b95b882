import t from 'tap'
import { contract } from './contract.ts'
import { openPlace } from './sqlite/place.ts'

await contract(t, 'SQLite', openPlace)
