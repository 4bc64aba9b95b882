import t from 'tap'
import { mongoUrl } from '../mongo-engine/engine.ts'
import { contract } from './contract.ts'
import { openPlace } from './mongo/place.ts'

const url = await mongoUrl()
t.setTimeout(240_000)
if (url) await contract(t, 'MongoDB', t => openPlace(t, url), ['at once'])
else t.plan(0, 'no MongoDB here')
