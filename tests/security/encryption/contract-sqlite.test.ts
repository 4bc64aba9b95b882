/** What a store promises, it promises with encryption, too. */
import t from 'tap'
import { contract } from '../../store/contract.ts'
import { openPlace } from '../../store/sqlite/place.ts'
import { contractElements, contractTypes, sealedPlace } from './sealed.ts'

await contract(t, 'SQLite, encrypted', sealedPlace(openPlace, contractTypes), ['one by one', 'at once'])
await contract(t, 'SQLite, with encrypted elements', sealedPlace(openPlace, contractElements), [
  'one by one',
  'at once',
])
