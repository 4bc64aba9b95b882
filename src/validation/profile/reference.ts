/** Where references lead, and where they may. https://hl7.org/fhir/R4/references.html */
import type { TypeRef } from '../../conformance/structure-definition.ts'
import { equal } from '../../fhir/equal.ts'
import { localType, parseReference, type Reference } from '../../fhir/reference.ts'
import { isObject, type JsonObject } from '../../fhir/resource.ts'
import { add, quote } from '../findings.ts'
import { conforms } from './around.ts'
import { bundled, resolve, resolveHere } from './inside.ts'
import type { Part } from './part.ts'
import type { ItemCheck, Run } from './run.ts'
import { type Against, asked, coreCanonical, type Scope } from './scope.ts'

/** A resource may be of this type, and fulfil this profile. */
type Target = { readonly type: string; readonly profile?: string }

export function referenceChecks({ definition }: Part, against: Against, scope: Scope): readonly ItemCheck[] {
  const own = referenceType(definition.type)
  if (own === undefined) return []
  const given = against.map(part => referenceType(part.definition.type))
  const isNew = (rule: 'targetProfile' | 'aggregation' | 'versioning') =>
    own[rule] !== undefined && !given.some(type => equal(type?.[rule], own[rule]))
  const targets = isNew('targetProfile') ? targetsOf(own, scope) : undefined
  return [
    ...(targets === undefined ? [] : [targetCheck(targets, scope)]),
    ...(isNew('aggregation') ? [aggregationCheck(own.aggregation ?? [], scope)] : []),
    ...(isNew('versioning') ? [versioningCheck(own.versioning ?? 'either', scope)] : []),
  ]
}

function referenceType(types: readonly TypeRef[] = []): TypeRef | undefined {
  return types.find(({ code }) => code === 'Reference')
}

/** `undefined`: anything may be referred to. */
function targetsOf({ targetProfile = [] }: TypeRef, scope: Scope): readonly Target[] | undefined {
  const targets = targetProfile.map(canonical => targetOf(canonical, scope))
  const isOpen = targets.some(target => target === undefined || target.type === 'Resource')
  return isOpen ? undefined : targets.filter(target => target !== undefined)
}

function targetOf(canonical: string, { library, problem }: Scope): Target | undefined {
  const definition = library.find(canonical)
  if (definition !== undefined) {
    const { type, derivation } = definition
    return derivation === 'constraint' ? { type, profile: canonical } : { type }
  }
  const name = canonical.startsWith(coreCanonical) ? canonical.slice(coreCanonical.length) : ''
  if (/^[A-Z][A-Za-z]+$/.test(name)) return { type: name }
  problem(`the profile ${canonical}, which a reference has to lead to, is not known here: its targets are not checked`)
  return undefined
}

function targetCheck(targets: readonly Target[], scope: Scope): ItemCheck {
  const byType = Map.groupBy(targets, ({ type }) => type)
  const expected = [...byType.keys()].join(', ')
  return (value, _twin, type, run) => {
    if (type !== 'Reference' || !isObject(value)) return
    const found = typeOf(value, run)
    if (found === undefined) return
    const fitting = byType.get(found)
    if (fitting === undefined) {
      const text = `the reference leads to ${article(found)}, expected one to ${expected}`
      add(run.found, asked(scope, 'value', text))
    } else {
      checkTarget(value, fitting, scope, run)
    }
  }
}

function article(type: string): string {
  return /^[AEIO]/.test(type) ? `an ${type}` : `a ${type}`
}

/** Only if there is a target to be had: that there is none is no fault of the one who refers to it. */
function checkTarget({ reference }: JsonObject, targets: readonly Target[], scope: Scope, run: Run): void {
  if (typeof reference !== 'string' || targets.some(({ profile }) => profile === undefined)) return
  const resource = resolve(reference, run)
  if (resource === undefined) return
  const profiles = targets.flatMap(({ profile }) => profile ?? [])
  if (!profiles.some(profile => conforms(resource, profile, scope.library, run))) {
    const text = `${quote(reference)} does not conform to ${profiles.join(' or ')}, expected it to`
    add(run.found, asked(scope, 'value', text))
  }
}

/** As the reference itself says, or what it is found to lead to within the resource or its Bundle. */
export function typeOf({ reference, type }: JsonObject, run: Run): string | undefined {
  const literal =
    typeof reference === 'string'
      ? (localType(reference) ?? literalType(parseReference(reference), reference, run))
      : undefined
  return literal ?? (typeof type === 'string' && /^[A-Z][A-Za-z]+$/.test(type) ? type : undefined)
}

function literalType(parsed: Reference, text: string, run: Run): string | undefined {
  switch (parsed.kind) {
    case 'local':
    case 'conditional':
      return parsed.type
    case 'absolute':
      return bundled(text, run)?.resourceType ?? parsed.type
    default:
      return resolveHere(text, run)?.resourceType
  }
}

function aggregationCheck(allowed: NonNullable<TypeRef['aggregation']>, scope: Scope): ItemCheck {
  return (value, _twin, _type, run) => {
    const reference = literalOf(value)
    if (reference === undefined) return
    const modes = modesOf(reference, run)
    if (!modes.some(mode => allowed.includes(mode))) {
      const text = `${quote(reference)} is ${modes[0]}, expected a reference that is ${allowed.join(' or ')}`
      add(run.found, asked(scope, 'value', text))
    }
  }
}

/** What is in the same Bundle is referred to all the same. */
function modesOf(reference: string, run: Run): NonNullable<TypeRef['aggregation']> {
  if (reference.startsWith('#')) return ['contained']
  return bundled(reference, run) === undefined ? ['referenced'] : ['bundled', 'referenced']
}

function versioningCheck(versioning: NonNullable<TypeRef['versioning']>, scope: Scope): ItemCheck {
  return (value, _twin, _type, run) => {
    const reference = literalOf(value)
    if (reference === undefined || reference.startsWith('#') || versioning === 'either') return
    const isSpecific = reference.includes('/_history/')
    if (isSpecific !== (versioning === 'specific')) {
      const expected = isSpecific ? 'one that names no version' : "one that names a version ('…/_history/1')"
      add(
        run.found,
        asked(scope, 'value', `${quote(reference)} is a reference of the other kind: expected ${expected}`),
      )
    }
  }
}

function literalOf(value: unknown): string | undefined {
  const reference = (value as { readonly reference?: unknown } | undefined)?.reference
  return typeof reference === 'string' ? reference : undefined
}
