/** A Bundle entry as a request of its own, by the same URL grammar. https://hl7.org/fhir/R4/http.html#transaction */
import { FhirError, fail } from '../../fhir/issue.ts'
import { isObject, isResource, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import { find, locate } from '../dispatch.ts'
import { keyOfEntry } from '../idempotency.ts'
import type { Context, FhirRequest, Headers, Interaction, Method } from '../interaction.ts'

export type Step = {
  readonly index: number
  /** `Bundle.entry[3]` */
  readonly at: string
  readonly fullUrl: string | undefined
  readonly request: FhirRequest
  readonly interaction: Interaction
  readonly resource: Resource | undefined
}

const methods: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

export function entriesOf(bundle: Resource): readonly JsonObject[] {
  const entries = bundle['entry']
  return Array.isArray(entries) ? entries.filter(isObject) : []
}

export function toStep(ctx: Context, outer: FhirRequest, entry: JsonObject, index: number): Step {
  return placed(`${entryPath(index)}.request.url`, () => understand(ctx, outer, entry, index))
}

function understand(ctx: Context, outer: FhirRequest, entry: JsonObject, index: number): Step {
  const at = entryPath(index)
  const request = entry['request']
  if (!isObject(request)) throw fail('required', 'the entry has no request', `${at}.request`)
  const method = string(request['method']) ?? ''
  if (!methods.includes(method)) {
    throw fail('value', `'${method}' is not a method: expected one of ${methods.join(', ')}`, `${at}.request.method`)
  }
  const [path = '', query = ''] = split(relative(string(request['url']) ?? '', outer.base))
  const resource = isResource(entry['resource']) ? entry['resource'] : undefined
  const { tenant, base, principal, id, address } = outer
  const located = locate(ctx, {
    tenant,
    ...(principal ? { principal } : {}),
    ...(id === undefined ? {} : { id }),
    ...(address === undefined ? {} : { address }),
    base,
    method: method as Method,
    path,
    query,
    headers: headers(outer, request, index),
    ...(resource ? { body: { is: 'resource', resource } } : {}),
  })
  const interaction = find(ctx, located)
  if (interaction.scope === 'entries') {
    throw fail('not-supported', 'a Bundle cannot contain another batch or transaction', undefined, { status: 400 })
  }
  return { index, at, fullUrl: string(entry['fullUrl']), request: located, interaction, resource }
}

export function entryPath(index: number): string {
  return `Bundle.entry[${index}]`
}

/** Whatever `act` refuses is refused there. */
export function placed<T>(expression: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    return misplaced(expression)(error)
  }
}

/** Throws what was thrown, with its place if it is a refusal. */
export function misplaced(expression: string): (error: unknown) => never {
  return error => {
    throw error instanceof FhirError ? relocated(error, expression) : error
  }
}

/** The same refusal with its place: a path that starts with the resource's type goes on from the entry. */
export function relocated(error: FhirError, at: string): FhirError {
  const issues = error.issues.map(issue => ({ ...issue, expression: moved(issue.expression, at) }))
  return new FhirError(issues, { status: error.status, headers: error.headers, cause: error })
}

function moved(expression: string | undefined, at: string): string {
  if (expression === undefined) return at
  if (expression.startsWith('Bundle.entry[')) return expression
  const rest = /^[A-Z]\w*([.[].*)?$/.exec(expression)
  return rest ? `${at.replace(/\.request\.url$/, '')}.resource${rest[1] ?? ''}` : at
}

/** `Bundle.entry.request` carries the conditional headers; what concerns the answer is the outer request's business. */
function headers(outer: FhirRequest, request: JsonObject, index: number): Headers {
  const { prefer, 'x-provenance': provenance, 'idempotency-key': key } = outer.headers
  return {
    // A Binary travels in a Bundle as a resource.
    accept: 'application/fhir+json',
    prefer:
      prefer !== undefined && /\breturn\s*=/i.test(prefer)
        ? prefer
        : `return=minimal${prefer === undefined ? '' : `, ${prefer}`}`,
    'if-match': string(request['ifMatch']),
    'if-none-match': string(request['ifNoneMatch']),
    'if-modified-since': string(request['ifModifiedSince']),
    'if-none-exist': asHeader(string(request['ifNoneExist'])),
    'x-provenance': provenance,
    'idempotency-key': key === undefined ? undefined : keyOfEntry(key, index),
  }
}

/** As a client would have to send it by HTTP. */
function asHeader(query: string | undefined): string | undefined {
  return query?.toWellFormed().replace(/[^ -~]+/g, encodeURIComponent)
}

function string(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function relative(url: string, base: string): string {
  return url === base || url.startsWith(`${base}/`) || url.startsWith(`${base}?`) ? url.slice(base.length) : url
}

function split(url: string): [string, string] {
  const mark = url.indexOf('?')
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
}
