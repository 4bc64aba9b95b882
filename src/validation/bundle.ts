/** What a Bundle has to keep beyond its definition. https://hl7.org/fhir/R4/bundle.html */
import { error, type Issue } from '../fhir/issue.ts'
import { type Literal, parseReference, references } from '../fhir/reference.ts'
import { isObject, isResource, type JsonObject, type Resource } from '../fhir/resource.ts'
import type { Shapes } from '../fhir/shape.ts'
import { addAll, findingsAt, issuesOf, quote } from './findings.ts'
import { inBundle } from './profile/inside.ts'

/** Of a well-formed Bundle; its invariants (bdl-1 to bdl-12) are checked with its definition, Bundles in it by themselves. */
export type BundleCheck = (bundle: Resource, at?: string) => readonly Issue[]

type Entry = {
  readonly at: string
  readonly fullUrl: string | undefined
  readonly resource: Resource | undefined
  readonly method: string | undefined
}

export function compileBundleCheck(shapes: Shapes): BundleCheck {
  return (bundle, at = 'Bundle') => {
    const found = findingsAt(at)
    addAll(found, issuesIn(bundle, at, shapes))
    return issuesOf(found)
  }
}

function* issuesIn(bundle: Resource, at: string, shapes: Shapes): Iterable<Issue> {
  const type = String(bundle['type'])
  const entries = entriesOf(bundle, at)
  for (const entry of entries) {
    yield* entry.fullUrl === undefined ? withoutFullUrl(entry, type) : wrongFullUrl(entry, entry.fullUrl)
    yield* requested(entry)
  }
  const heads = headed[type]
  if (heads !== undefined) yield* whole(bundle, entries, heads, shapes)
}

function entriesOf({ entry }: Resource, at: string): readonly Entry[] {
  return (Array.isArray(entry) ? entry.filter(isObject) : []).map((item: JsonObject, index) => {
    const { fullUrl, resource, request } = item
    const method = isObject(request) ? request['method'] : undefined
    return {
      at: `${at}.entry[${index}]`,
      fullUrl: typeof fullUrl === 'string' ? fullUrl : undefined,
      resource: isResource(resource) ? resource : undefined,
      method: typeof method === 'string' ? method : undefined,
    }
  })
}

/** https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl: what answers or asks for something may lack it. */
const identified: Readonly<Record<string, Issue['severity']>> = {
  document: 'error',
  message: 'error',
  collection: 'warning',
  searchset: 'warning',
}

function* withoutFullUrl({ at, resource }: Entry, type: string): Iterable<Issue> {
  const severity = identified[type]
  if (severity === undefined || resource === undefined || resource.resourceType === 'OperationOutcome') return
  const diagnostics = `missing element: expected 'fullUrl', by which the resource is known within a ${type}`
  yield { severity, code: 'required', diagnostics, expression: `${at}.fullUrl` }
}

const uuid = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const oid = /^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$/

/** "If the fullUrl is not a urn, it shall be consistent with the Resource.id"; that it names no version is bdl-8. */
function* wrongFullUrl({ at, resource }: Entry, fullUrl: string): Iterable<Issue> {
  const expression = `${at}.fullUrl`
  if (!/^[a-z][a-z0-9+.-]*:/i.test(fullUrl)) {
    yield error('value', `${quote(fullUrl)} is relative, expected an absolute URL or a urn`, expression)
    return
  }
  if (fullUrl.includes('#')) {
    yield error('value', `${quote(fullUrl)} has a fragment, expected the URL of a whole resource`, expression)
  }
  if (/^urn:/i.test(fullUrl)) {
    if ((/^urn:uuid:/i.test(fullUrl) && !uuid.test(fullUrl)) || (/^urn:oid:/i.test(fullUrl) && !oid.test(fullUrl))) {
      const diagnostics = `${quote(fullUrl)} has not the form of its kind, expected one such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520`
      yield { severity: 'warning', code: 'value', diagnostics, expression }
    }
    return
  }
  const reference = parseReference(fullUrl)
  if (reference.kind !== 'absolute' || reference.type === undefined || resource === undefined) return
  const { resourceType, id } = resource
  if (reference.type !== resourceType) {
    yield error(
      'invariant',
      `${quote(fullUrl)} names a ${reference.type}, expected the resource's type ${resourceType}`,
      expression,
    )
  } else if (id !== undefined && id !== reference.id) {
    yield error('invariant', `${quote(fullUrl)} names another id, expected the resource's id ${quote(id)}`, expression)
  }
}

/** https://hl7.org/fhir/R4/http.html#trules */
function* requested({ at, method, resource }: Entry): Iterable<Issue> {
  if ((method === 'POST' || method === 'PUT' || method === 'PATCH') && resource === undefined) {
    yield error('required', `missing element: expected 'resource', which a ${method} needs`, `${at}.resource`)
  }
}

type Head = {
  /** Of the first entry. bdl-11, bdl-12 */
  readonly type: string
  /** References of it whose targets have to be there too. */
  readonly required: RegExp
}

/** https://hl7.org/fhir/R4/documents.html#content, https://hl7.org/fhir/R4/messaging.html */
const headed: Readonly<Record<string, Head>> = {
  document: {
    type: 'Composition',
    required:
      /^Composition\.(subject|encounter|custodian|author\[\d+\]|attester\[\d+\]\.party|event\[\d+\]\.detail\[\d+\]|(section\[\d+\]\.)+(focus|(author|entry)\[\d+\]))$/,
  },
  message: { type: 'MessageHeader', required: /^MessageHeader\.focus\[\d+\]$/ },
}

/** Whether what its entries refer to has to be looked through. */
export function isHeaded({ type }: Resource): boolean {
  return typeof type === 'string' && headed[type] !== undefined
}

/** A resource is never changed, so it is looked through once: of a large document one entry after the other, in turns. */
const known = new WeakMap<Resource, readonly Literal[]>()

export function referencesIn(resource: Resource, shapes: Shapes): readonly Literal[] {
  const found = known.get(resource) ?? [...references(resource, shapes)]
  known.set(resource, found)
  return found
}

/** A document and a message travel: what they speak of comes with them. */
function* whole(
  bundle: Resource,
  entries: readonly Entry[],
  { type, required }: Head,
  shapes: Shapes,
): Iterable<Issue> {
  const [first] = entries
  if (first?.resource?.resourceType !== type) return
  const kind = String(bundle['type'])
  for (const { reference, expression } of referencesIn(first.resource, shapes)) {
    const element = expression.replace(/\.reference$/, '')
    if (reference.startsWith('#') || !required.test(element) || inBundle(reference, first.resource, bundle)) continue
    const place = `${first.at}.resource${element.slice(type.length)}`
    yield error('invariant', `${quote(reference)} is in no entry, expected it to be part of the ${kind}`, place)
  }
  const reached = reachable(bundle, entries, first.resource, shapes)
  for (const { at, resource } of entries) {
    if (resource === undefined || reached.has(resource)) continue
    const diagnostics = `no reference leads here from the ${type}, nor from here to it: expected only what belongs to the ${kind}`
    yield { severity: 'warning', code: 'business-rule', diagnostics, expression: at }
  }
}

/** Along references in both directions: a Provenance refers to what it is about. */
function reachable(
  bundle: Resource,
  entries: readonly Entry[],
  first: Resource,
  shapes: Shapes,
): ReadonlySet<Resource> {
  const neighbours = new Map<Resource, Resource[]>()
  const link = (from: Resource, to: Resource): void => {
    const known = neighbours.get(from)
    if (known === undefined) neighbours.set(from, [to])
    else known.push(to)
  }
  for (const { resource } of entries) {
    for (const { reference } of resource === undefined ? [] : referencesIn(resource, shapes)) {
      const target = resource && inBundle(reference, resource, bundle)
      if (resource === undefined || target === undefined) continue
      link(resource, target)
      link(target, resource)
    }
  }
  const reached = new Set([first])
  for (const resource of reached) for (const next of neighbours.get(resource) ?? []) reached.add(next)
  return reached
}
