/** A world in which operations can be asked for. */
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { anyOf } from '../../src/conformance/package/source.ts'
import { tabulate } from '../../src/interactions/dispatch.ts'
import { interactions } from '../../src/interactions/index.ts'
import type { Context } from '../../src/interactions/interaction.ts'
import { operations } from '../../src/operations/index.ts'
import { compileOperations } from '../../src/operations/kernel/compile.ts'
import type { Operation } from '../../src/operations/kernel/operation.ts'
import { byRules } from '../../src/operations/validate/validator.ts'
import { type Loose, type Over, onBothStores, type Reply, type World } from '../world.ts'

export const all: readonly Operation[] = allWith(undefined)

/** `library`: the folder of code systems. */
export function allWith(library: string | undefined): readonly Operation[] {
  return operations({
    definitions: loadDefinitions(),
    validator: byRules,
    packages: () => anyOf([]),
    library,
    glassMinutes: 60,
    newToken: () => randomBytes(32).toString('base64url'),
  })
}

/** With these operations beside those that there are. */
export function withOperations(more: readonly Operation[] = []): Pick<Context, 'interactions'> {
  return { interactions: tabulate([...interactions, ...compileOperations([...all, ...more])]) }
}

export function operating(
  run: (test: Test, open: (over?: Over) => Promise<World>) => Promise<void>,
  more: readonly Operation[] = [],
): Promise<void> {
  return onBothStores((test, open) => run(test, over => open({ ...withOperations(more), ...over })))
}

export type Given = readonly (readonly [name: string, type: string, value: unknown])[]

/** `['mode', 'Code', 'create']`, or a resource, or parts. */
export function parameters(...given: Given): Loose {
  const parameter = given.map(([name, type, value]) =>
    type === 'resource' || type === 'part' ? { name, [type]: value } : { name, [`value${type}`]: value },
  )
  return { resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) }
}

/** `error value Patient.birthDate` for each issue. */
export function found({ body }: Reply): string[] {
  return body.issue.map(({ severity, code, expression = [] }: Loose) => [severity, code, ...expression].join(' '))
}
