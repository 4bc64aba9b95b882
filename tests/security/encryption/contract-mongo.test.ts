/** What a store promises, it promises with encryption, too. */
import t from 'tap'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import { contract } from '../../store/contract.ts'
import { openPlace } from '../../store/mongo/place.ts'
import type { OpenPlace } from '../../store/place.ts'
import { contractElements, contractTypes, sealedPlace } from './sealed.ts'

const url = await mongoUrl()
t.setTimeout(300_000)
if (url) {
  const open: OpenPlace = t => openPlace(t, url)
  await contract(t, 'MongoDB, encrypted', sealedPlace(open, contractTypes), ['one by one'])
  await contract(t, 'MongoDB, with encrypted elements', sealedPlace(open, contractElements), ['one by one'])
} else t.plan(0, 'no MongoDB here')
