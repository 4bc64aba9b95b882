/** The entry of a thread that reads the language reference sets of one release. */
import { parentPort, workerData } from 'node:worker_threads'
import { answerAcceptance, type Found } from './rf2-accepting.ts'

if (parentPort) await answerAcceptance(parentPort, workerData as readonly Found[])
