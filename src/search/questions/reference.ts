/** https://hl7.org/fhir/R4/search.html#reference */
import { parseReference } from '../../fhir/reference.ts'
import { and, type Node, or, type Part } from '../node.ts'
import { aboveUrl, belowUrl, canonicalPart } from './canonical.ts'
import { unescaped } from './escape.ts'
import { anyOf, each, type Kind, type Modifier, malformed, nothing, type Subject } from './kind.ts'
import { tokenPart } from './token.ts'

export const reference: Kind = {
  slots: slot => [slot, `${slot}:identifier`, `${slot}:identifier|`],
  part: referencePart,
  modifiers: on => ({
    ...(isLiteral(on) && typed(on.targets)),
    ...(isLiteral(on) && { identifier: each(identified) }),
    ...(isCanonical(on) && { above: each(aboveUrl), below: each(belowUrl) }),
    ...(isLiteral(on) && on.targets.includes(on.type) && { above, below }),
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

const idForm = /^[A-Za-z0-9.-]{1,64}$/
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

/**
 * How far a hierarchy is followed: more levels than organizations and places have. A circle ends there too.
 * https://hl7.org/fhir/R4/search.html#recursive
 */
const levels = 16

/** The reference leads to the resource asked, or to one whose own leads there. */
const below: Modifier = (values, on) => {
  const { slot, type } = on
  const direct = anyOf(values.map(text => ownPart(text, on)))
  let found = direct
  for (let level = 0; level < levels; level++) {
    found = or([direct, { is: 'refers', slot, type, where: and([on.restrict(type), found]) }])
  }
  return found
}

/** The reference leads to the resource asked, or to where its own leads. */
const above: Modifier = (values, on) => {
  const { slot, type } = on
  const direct = anyOf(values.map(text => ownPart(text, on)))
  const self: Node = { is: 'id', ids: values.map(text => ownId(text, on)) }
  let found: Node = self
  for (let level = 0; level < levels; level++) {
    found = or([self, { is: 'referred', type, slot, where: and([on.restrict(type), found]) }])
  }
  return or([direct, { is: 'refers', slot, type, where: and([on.restrict(type), found]) }])
}

function ownPart(text: string, on: Subject): Part {
  return { is: 'term', slot: on.slot, texts: [`${on.type}/${ownId(text, on)}`] }
}

function ownId(text: string, on: Subject): string {
  const asked = unescaped(text)
  if (idForm.test(asked)) return asked
  const parsed = parseReference(asked, on.base)
  if (parsed.kind === 'local' && parsed.type === on.type && parsed.version === undefined) return parsed.id
  throw malformed(on, text, `a resource of the hierarchy, such as ${on.type}/123`)
}
