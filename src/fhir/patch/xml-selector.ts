/** The part of XPath that selects what an XML patch works on. https://www.rfc-editor.org/rfc/rfc5261#section-4.1 */
import { type FhirError, fail } from '../issue.ts'
import { fhirNamespace, type XmlElement, type XmlNode } from './xml-tree.ts'

/** From the root element down, by place among all children of the parent. */
export type Path = readonly number[]

export type Selected = {
  readonly path: Path
  readonly node: XmlNode
  /** The attribute of the node, if the selector is of one. */
  readonly attribute?: string
}

type Step = { readonly test: Test; readonly predicates: readonly Predicate[] }

type Test =
  | { readonly is: 'element'; readonly namespace: string; readonly name: string }
  | { readonly is: 'attribute'; readonly name: string }
  | { readonly is: 'text' | 'comment' | 'instruction' }

type Predicate =
  | { readonly is: 'place'; readonly place: number }
  /** Of the node itself if there are no steps. */
  | { readonly is: 'equal'; readonly steps: readonly Test[]; readonly value: string }

/** "the selector MUST match exactly one node" */
export function select(root: XmlElement, selector: string, scope: XmlElement['scope'], at: string): Selected {
  const [first, ...rest] = parse(selector, scope, at)
  if (first === undefined) throw malformed(selector, at)
  let found = filter(matching([{ path: [], node: root }], first.test), first.predicates)
  for (const step of rest) {
    found = found.flatMap(parent => filter(matching(childrenOf(parent, step.test), step.test), step.predicates))
  }
  const [only] = found
  if (only === undefined || found.length > 1) {
    throw fail(
      'processing',
      `${at}: '${selector}' selects ${found.length} nodes, expected is exactly one (unlocated-node)`,
    )
  }
  return only
}

function childrenOf({ path, node, attribute }: Selected, test: Test): readonly Selected[] {
  if (node.is !== 'element' || attribute !== undefined) return []
  if (test.is === 'attribute') return [{ path, node, attribute: test.name }]
  return node.children.map((child, i) => ({ path: [...path, i], node: child }))
}

function matching(candidates: readonly Selected[], test: Test): readonly Selected[] {
  return candidates.filter(({ node }) => {
    if (test.is === 'attribute') return attributeOf(node, test.name) !== undefined
    if (test.is !== 'element') return node.is === test.is
    if (node.is !== 'element') return false
    return test.name === '*' || (node.name === test.name && (node.namespace || fhirNamespace) === test.namespace)
  })
}

function filter(found: readonly Selected[], predicates: readonly Predicate[]): readonly Selected[] {
  let left = found
  for (const predicate of predicates) {
    left =
      predicate.is === 'place'
        ? left.slice(predicate.place - 1, predicate.place)
        : left.filter(({ node }) => holds(node, predicate.steps, predicate.value))
  }
  return left
}

/** As in XPath, one match among several is enough. */
function holds(node: XmlNode, [step, ...rest]: readonly Test[], value: string): boolean {
  if (step === undefined) return textOf(node) === value
  if (step.is === 'attribute') return attributeOf(node, step.name) === value
  return matching(childrenOf({ path: [], node }, step), step).some(child => holds(child.node, rest, value))
}

export function attributeOf(node: XmlNode, name: string): string | undefined {
  return node.is === 'element' ? node.attributes.find(attribute => attribute.name === name)?.value : undefined
}

export function textOf(node: XmlNode): string {
  if (node.is === 'text') return node.text
  return node.is === 'element' ? node.children.map(textOf).join('') : ''
}

const name = String.raw`[\p{L}_][\p{L}\p{N}_.·-]*`
const grammar = {
  attribute: new RegExp(`@((?:xml:)?${name})`, 'uy'),
  kind: /(text|comment|processing-instruction)\(\s*\)/y,
  element: new RegExp(`(?:(${name}):)?(${name}|\\*)`, 'uy'),
  place: /\[\s*([1-9]\d{0,8})\s*\]/y,
  open: /\[\s*/y,
  self: /\.(?=\s*=)/y,
  equal: /\s*=\s*(?:'([^']*)'|"([^"]*)")\s*\]/y,
  slash: /\//y,
}

/** Reads the selector from left to right. */
function parse(selector: string, scope: XmlElement['scope'], at: string): readonly Step[] {
  let position = 0
  const take = (form: keyof typeof grammar): RegExpExecArray | null => {
    const pattern = grammar[form]
    pattern.lastIndex = position
    const found = pattern.exec(text)
    if (found) position = pattern.lastIndex
    return found
  }
  const test = (): Test => {
    const attribute = take('attribute')
    if (attribute) return { is: 'attribute', name: attribute[1] ?? '' }
    const kind = take('kind')?.[1]
    if (kind !== undefined)
      return { is: kind === 'processing-instruction' ? 'instruction' : (kind as 'text' | 'comment') }
    const element = take('element')
    if (!element) throw malformed(selector, at)
    return { is: 'element', name: element[2] ?? '', namespace: namespaceOf(element[1], scope, at) }
  }
  const predicate = (): Predicate | undefined => {
    const place = take('place')
    if (place) return { is: 'place', place: Number(place[1]) }
    if (!take('open')) return undefined
    const steps = take('self') ? [] : [test()]
    while (take('slash')) steps.push(test())
    const equal = take('equal')
    if (!equal) throw malformed(selector, at)
    return { is: 'equal', steps, value: equal[1] ?? equal[2] ?? '' }
  }
  const text = selector.trim()
  take('slash')
  const steps: Step[] = []
  do {
    const step = { test: test(), predicates: [] as Predicate[] }
    for (let next = predicate(); next; next = predicate()) step.predicates.push(next)
    steps.push(step)
  } while (take('slash'))
  if (position !== text.length) throw malformed(selector, at)
  return steps
}

/** An unprefixed name is in the patch's default namespace (section 4.2.2), and FHIR's if it declares none. */
function namespaceOf(prefix: string | undefined, scope: XmlElement['scope'], at: string): string {
  if (prefix === undefined) return scope[''] || fhirNamespace
  const namespace = scope[prefix]
  if (namespace === undefined) {
    throw fail('structure', `${at}: the namespace prefix '${prefix}' is not declared (invalid-namespace-prefix)`)
  }
  return namespace
}

function malformed(selector: string, at: string): FhirError {
  const expected = "steps such as f:Patient/f:name[f:family/@value='X']/f:given[1]/@value"
  return fail('structure', `${at}: '${selector}' is not a selector (invalid-attribute-value); expected are ${expected}`)
}
