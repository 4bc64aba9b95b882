/** Every store call failing once, in short; see failing-call.ts for what it proves and how its negative control works. */
import t from 'tap'
import { failingCallTests } from './failing-call.ts'

await failingCallTests(t, { blocks: 1, stride: 8 })
