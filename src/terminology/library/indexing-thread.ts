/** The entry of a thread that indexes the words of one release. */
import { workerData } from 'node:worker_threads'
import { answerIndex, type IndexTask } from './indexing.ts'

answerIndex(workerData as IndexTask)
