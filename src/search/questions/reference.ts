/** https://hl7.org/fhir/R4/search.html#reference */
import { fail } from '../../fhir/issue.ts'
import { parseReference } from '../../fhir/reference.ts'
import { type Node, none, or, type Part } from '../node.ts'
import type { Canonical } from '../values/canonical.ts'
import { aboveUrl, belowCanonical, canonicalPart } from './canonical.ts'
import { unescaped } from './escape.ts'
import { hasHierarchy, within } from './hierarchy.ts'
import { anyOf, each, idForm, type Kind, type Modifier, malformed, nothing, type Subject } from './kind.ts'
import { tokenPart } from './token.ts'
import { versioned as named } from './uri.ts'

export const reference: Kind = {
  slots: slot => [slot, `${slot}:identifier`, `${slot}:identifier|`],
  part: referencePart,
  modifiers: on => ({
    ...(isLiteral(on) && typed(on.targets)),
    ...(isLiteral(on) && { identifier: each(identified) }),
    ...(isCanonical(on) && { above: each(aboveUrl), below: each(belowCanonical) }),
    ...(isLiteral(on) && hasHierarchy(on) && { above: within('above'), below: within('below') }),
  }),
}

function isLiteral({ elements }: Subject): boolean {
  return elements === undefined || elements.includes('Reference') || elements.includes('Resource')
}

function isCanonical({ elements }: Subject): boolean {
  return elements === undefined || elements.includes('canonical') || elements.includes('uri')
}

const expected = 'an id, Type/id or a URL, such as Patient/123'

function referencePart(text: string, on: Subject): Part {
  const asked = unescaped(text)
  const literal = isLiteral(on) ? literalPart(asked, on) : undefined
  const canonical = isCanonical(on) ? canonicalPart(asked, on) : undefined
  const of = [literal, canonical].filter(part => part !== undefined)
  if (of.length === 0) throw malformed(on, text, expected)
  return { is: 'or', of }
}

const history = /\/_history\/[^/]*$/

/** `undefined`: no reference at all. */
function literalPart(asked: string, on: Subject): Part | undefined {
  const { slot, targets } = on
  // "The type of the resource is not specified … all possible types."
  if (idForm.test(asked)) return { is: 'term', slot, texts: targets.map(type => `${type}/${asked}`) }
  const parsed = parseReference(asked, on.base)
  switch (parsed.kind) {
    case 'local':
      return versioned(slot, `${parsed.type}/${parsed.id}`, parsed.version)
    case 'absolute':
      return versioned(slot, parsed.version === undefined ? asked : asked.replace(history, ''), parsed.version)
    case 'urn':
      return versioned(slot, asked, undefined)
    case 'contained':
      return nothing
    default:
      return undefined
  }
}

function versioned(slot: string, text: string, version: string | undefined): Part {
  return version === undefined
    ? { is: 'term', slot, texts: [text] }
    : { is: 'term', slot: `${slot}|`, texts: [`${text}|${version}`] }
}

/** `subject:Patient=23`; who also says in the value that it is something else, finds nothing. */
function typed(targets: readonly string[]): Readonly<Record<string, Modifier>> {
  const ofType = (type: string): Modifier =>
    each((text, on) => {
      const parsed = parseReference(unescaped(text), on.base)
      const said = parsed.kind === 'local' || parsed.kind === 'absolute' ? parsed.type : undefined
      return said !== undefined && said !== type ? nothing : referencePart(text, { ...on, targets: [type] })
    })
  return Object.fromEntries(targets.map(type => [type, ofType(type)]))
}

/** What the reference says of the identity of its target, not the target's own identifier. */
function identified(text: string, on: Subject): Part {
  return tokenPart(text, { ...on, slot: `${on.slot}:identifier`, elements: undefined })
}

/** A chain: the reference leads to a resource of the type that fits. */
export async function chained(on: Subject, type: string, where: Node): Promise<Node> {
  const { slot, stored } = on
  const literal: Node = isLiteral(on) ? { is: 'refers', slot, type, where } : none
  return isCanonical(on) ? or([literal, citing(slot, await stored.canonicals(type, where))]) : literal
}

/** `_has`, the other way round: a resource that fits refers to it by the parameter. */
export async function referring(on: Subject, where: Node): Promise<Node> {
  const { type, slot, name, stored } = on
  const literal: Node = isLiteral(on) ? { is: 'referred', type, slot, where } : none
  return isCanonical(on) ? or([literal, called(name, await stored.cited(type, where, slot))]) : literal
}

const mostVersions = 100 // each is a join

/** What is known under one of these names; without version, in every version. */
function called(name: string, canonicals: readonly Canonical[]): Node {
  const urls = (of: readonly Canonical[]) => [...new Set(of.map(({ url }) => url))]
  const byVersion = Map.groupBy(canonicals, ({ version }) => version)
  if (byVersion.size > mostVersions) {
    const text = `${name}: leads to canonical URLs of more than ${mostVersions} versions: expected more criteria behind it`
    throw fail('too-costly', text, undefined, { status: 422 })
  }
  return or(
    [...byVersion].map(([version, of]): Node => {
      return version === undefined ? { is: 'term', slot: 'url', texts: urls(of) } : named(urls(of), version)
    }),
  )
}

/** What refers to one of these by URL and version; or by URL alone, which means any version. */
export function citing(slot: string, canonicals: readonly Canonical[]): Node {
  return anyOf(
    canonicals.map(({ url, version = '' }): Part => {
      return { is: 'term', slot: `${slot}|`, texts: [`${url}|${version}`, `${url}|`] }
    }),
  )
}
