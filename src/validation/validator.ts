/**
 * All that can be said of a resource: is it well-formed, and if so, does it keep the rules of its type and its profiles?
 * https://hl7.org/fhir/R4/validation.html
 */
import type { Issue } from '../fhir/issue.ts'
import { isObject, isResource, type Resource } from '../fhir/resource.ts'
import type { Shapes } from '../fhir/shape.ts'
import { beyondDefinitions } from './beyond.ts'
import { isHeaded, referencesIn } from './bundle.ts'
import { addAll, findingsAt, isDone, issuesOf } from './findings.ts'
import type { World } from './profile/library.ts'
import { inOrder } from './profile/order.ts'
import type { Options } from './profile/run.ts'
import { type Ask, type Memory, noting, settle } from './profile/settle.ts'
import { compileValidator } from './profile/validate.ts'
import { shellOf } from './shell.ts'
import type { StructureCheck } from './structure.ts'

export type Asked = Omit<Options, keyof Memory>

/** Who answers what a pass asks. */
export type Answers = { readonly memory: Memory; readonly ask: Ask }

/** `at`: the FHIRPath of the resource, where it stands inside another. A promise only where something has to be looked up. */
export type Validator = (
  resource: Resource,
  at: string,
  asked: Asked,
  answers: Answers,
) => readonly Issue[] | Promise<readonly Issue[]>

export type ValidatorNeeds = Omit<World, 'beyond'> & {
  readonly shapes: Shapes
  readonly structure: StructureCheck
  /** Lets others have their turn; asked for each entry. */
  readonly turn: () => Promise<unknown>
}

const most = 16 // entries that are checked in one go: some milliseconds

export function openValidator({ structure, shapes, turn, ...world }: ValidatorNeeds): Validator {
  const validate = compileValidator({ ...world, beyond: beyondDefinitions(shapes) })

  /** One pass, which is repeated once what it asked is known. */
  const keepsRules: Validator = (resource, at, asked, { memory, ask }) => {
    const { isPutOff, ...noted } = noting(memory)
    const issues = validate(resource, { ...asked, ...noted }, at)
    return isPutOff() ? settle(known => validate(resource, { ...asked, ...known }, at), memory, ask) : issues
  }

  const whole: Validator = (resource, at, asked, answers) => {
    const faults = structure(resource, at)
    return faults.length > 0 ? faults : keepsRules(resource, at, asked, answers)
  }

  async function inTurns(bundle: Resource, at: string, asked: Asked, answers: Answers): Promise<readonly Issue[]> {
    const entries = entriesOf(bundle)
    const apart = new Set(entries.map(([, entry]) => entry))
    const found = findingsAt(at)
    addAll(found, structure(shellOf(bundle), at))
    if (isHeaded(bundle)) {
      for (const [, entry] of entries) {
        await turn()
        referencesIn(entry, shapes)
      }
    }
    await turn()
    if (found.issues.length === 0) addAll(found, await keepsRules(bundle, at, { ...asked, apart }, answers))
    const { strict = false, bestPractice = 'warning', preferred = false, mustSupport = false, lookUp = false } = asked
    const each: Asked = { profiles: 'claimed', strict, bestPractice, preferred, mustSupport, lookUp, bundle }
    for (const [index, entry] of entries) {
      await turn()
      if (isDone(found)) return [...inOrder(found.issues, bundle, at), unchecked(found.issues.length)]
      addAll(found, await whole(entry, `${at}.entry[${index}].resource`, each, answers))
    }
    const { length } = found.issues
    const left = issuesOf(found).slice(length)
    return [...inOrder(found.issues, bundle, at), ...left]
  }

  return (resource, at, asked, answers) =>
    lengthOf(resource) > most ? inTurns(resource, at, asked, answers) : whole(resource, at, asked, answers)
}

function lengthOf({ resourceType, entry }: Resource): number {
  return resourceType === 'Bundle' && Array.isArray(entry) ? entry.length : 0
}

function entriesOf({ entry }: Resource): readonly (readonly [number, Resource])[] {
  return (Array.isArray(entry) ? entry : []).flatMap((each, index) => {
    const resource = isObject(each) ? each['resource'] : undefined
    return isResource(resource) ? [[index, resource] as const] : []
  })
}

function unchecked(errors: number): Issue {
  const diagnostics = `what comes after ${errors} errors was not checked: correct these first.`
  return { severity: 'information', code: 'informational', diagnostics }
}
