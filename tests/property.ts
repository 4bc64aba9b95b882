/** fast-check with the dice of the run. What fails names the seed and the path to it. */
import fc from 'fast-check'
import { seed } from './seed.ts'

fc.configureGlobal({ seed })

export { fc }
