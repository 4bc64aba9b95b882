/** What may be written within a resource: not what is hidden or fixed, and only what the rules of policies allow. */
import { FhirError, fail } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { type Compiled, compileExpression } from '../../fhir/path/compiled/compile.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Shapes } from '../../fhir/shape.ts'
import { draft, stamp } from '../../fhir/stamp.ts'
import type { Write } from '../../store/port.ts'
import { type Access, isUnbounded } from './access.ts'
import { difference } from './elements.ts'
import type { Mask } from './mask.ts'
import { isPolicy } from './policy.ts'

type Put = Extract<Write, { readonly do: 'put' }>
type Change = Exclude<Write, { readonly do: 'check' }>

export type WriteNeeds = {
  readonly access: Access
  readonly clock: () => number
  readonly shapes: Shapes
  /** What a resource is found by, and what it refers to, when it is written instead. */
  readonly derived: (resource: Resource, write: Put) => Pick<Put, 'entries' | 'contained' | 'links'>
}

/** Every state of such a resource may be written. */
export function isWithin({ limits }: Access, type: string): boolean {
  return isUnbounded(limits(type))
}

type Masked = WriteNeeds & { readonly mask: Mask }

/**
 * The write, with what its author does not see as it was. Throws 403 if it may not be. `before`: the text that it replaces.
 * Policies are for those alone who are not limited by any: whoever could write one could give himself all rights.
 */
export function within(needs: Masked, write: Change, before: string | undefined): Change {
  if (!isConcerned(needs, write, before)) return write
  const was = before === undefined ? undefined : read(before)
  const sent = write.do === 'put' ? read(stamp(write.draft, 1, needs.clock())) : undefined
  if (isPolicy(was) || isPolicy(sent)) throw fail('forbidden', 'your rights do not allow to write access policies')
  if (write.do === 'delete' || sent === undefined) return write
  const next = judged(needs, sent, was)
  return next === sent ? write : { ...write, draft: draft(next, write.key.id), ...needs.derived(next, write) }
}

/** Most writes need not be looked into. */
function isConcerned({ access, mask }: Masked, write: Change, before = ''): boolean {
  const { type } = write.key
  if (!isWithin(access, type) || type === 'Basic' || mask.concerns(type, before)) return true
  return write.do === 'put' && mask.concerns(type, write.draft.rest)
}

/** What will be there. */
function judged(needs: Masked, sent: Resource, was: Resource | undefined): Resource {
  const { resourceType: type } = sent
  const { hidden, fixed, rules } = needs.access.limits(type)
  const shut = difference(sent, {}, hidden)
  if (shut !== undefined) throw refused(type, shut, 'your rights do not allow to write it')
  const next = needs.mask.whole(sent, was)
  const moved = difference(next, was ?? {}, fixed)
  if (moved !== undefined) throw refused(type, moved, 'your rights do not allow to change it')
  for (const rule of rules) mustObey(needs, rule, next, was)
  return next
}

function read(json: string): Resource {
  return parseJson(json, ownLimits) as Resource
}

function refused(type: string, path: string, text: string): Error {
  return fail('forbidden', `${type}.${path}: ${text}`, `${type}.${path}`)
}

function mustObey({ shapes, clock }: WriteNeeds, rule: string, next: Resource, was: Resource | undefined): void {
  const { resourceType: type } = next
  const variables = { before: was ?? [], after: next }
  if (holds(rule, type, shapes, compiled => compiled.test(next, { resource: next, variables, now: clock }))) return
  throw fail('forbidden', `your rights allow to write a ${type} only if ${rule}`, type)
}

const steps = 200_000 // some 20 ms

/** What cannot be decided does not hold. */
function holds(rule: string, type: string, shapes: Shapes, test: (compiled: Compiled) => boolean | undefined): boolean {
  try {
    const compiled = compileRule(rule, type, shapes)
    return compiled !== undefined && test(compiled) === true
  } catch (error) {
    if (error instanceof FhirError) return false
    throw error
  }
}

const compiled = new WeakMap<Shapes, Map<string, Compiled | undefined>>()
const most = 1_000 // rules of all policies of all tenants

/** Throws `FhirError` for what is no FHIRPath; `undefined`: it uses functions that are not known here. */
export function compileRule(rule: string, type: string, shapes: Shapes): Compiled | undefined {
  const known = compiled.get(shapes) ?? new Map<string, Compiled | undefined>()
  compiled.set(shapes, known)
  const key = `${type} ${rule}`
  if (known.has(key)) return known.get(key)
  const made = compileExpression(rule, { type, shapes, cost: steps })
  if (known.size >= most) known.clear()
  known.set(key, made)
  return made
}
