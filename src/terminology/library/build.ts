/**
 * A release on its way into the library: rows in any order, then `finish`. Nothing is to be seen of it before that returns. Runs
 * where it is called, at full speed: a server calls it in a worker thread.
 */
import { codeKey } from '../code-system.ts'
import {
  addConcepts,
  addDesignations,
  addEdges,
  addMembers,
  addProperties,
  addRelations,
  type Gathering,
} from './gather.ts'
import type { Manifest } from './manifest.ts'
import { type Needs as Placing, place, type Release } from './placing.ts'
import { resolve } from './resolve.ts'
import type { Problem, Sink } from './row.ts'
import { Stage } from './stage.ts'
import { verify } from './verify.ts'
import { writeFile } from './write.ts'

export type Needs = Placing & {
  /** A row was left out. To refuse the release, throw. */
  readonly report: (problem: Problem) => void
  readonly progress?: (step: Step) => void
}

export type Step = 'hierarchy' | 'concepts' | 'words' | 'verification'

export interface Build extends Sink {
  /** All or nothing; from its return on, every process with this folder answers from it. */
  finish(): Manifest
}

/** `folder`: of the library. To give up, let go of it: nothing was written. */
export function begin(folder: string, release: Release, needs: Needs): Build {
  const stage = new Stage()
  const { facts } = release
  const from = (file: string | undefined): Gathering => ({ stage, key: code => codeKey(code, facts), file })
  return {
    concepts: (rows, file) => addConcepts(from(file), rows),
    designations: (rows, file) => addDesignations(from(file), rows),
    properties: (rows, file) => addProperties(from(file), rows),
    edges: (rows, file) => addEdges(from(file), rows),
    relations: (rows, file) => addRelations(from(file), rows),
    members: (rows, file) => addMembers(from(file), rows),
    finish() {
      needs.progress?.('hierarchy')
      const resolved = resolve(stage, needs.report)
      return place(folder, release, needs, path => {
        const counts = writeFile(path, stage, resolved, { facts, progress: needs.progress })
        needs.progress?.('verification')
        verify(path, counts)
      })
    },
  }
}
