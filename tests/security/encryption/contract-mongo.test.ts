/** What a store promises, it promises with encryption, too. */
import t from 'tap'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import { contract } from '../../store/contract.ts'
import { openPlace } from '../../store/mongo/place.ts'
import { contractTypes, sealedPlace } from './sealed.ts'

const url = await mongoUrl()
t.setTimeout(300_000)
if (url)
  await contract(
    t,
    'MongoDB, encrypted',
    sealedPlace(t => openPlace(t, url), contractTypes),
    ['one by one'],
  )
else t.plan(0, 'no MongoDB here')
