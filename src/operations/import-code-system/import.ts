/**
 * `POST [base]/CodeSystem/$import`, an operation of our own: a distributor's release into the library, for the tenant. It takes
 * long: whoever prefers `respond-async` gets the place where its status is told. https://hl7.org/fhir/R4/async.html
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type * as conformance from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Answer, Context, FhirRequest } from '../../interactions/interaction.ts'
import type { Call, Operation } from '../kernel/operation.ts'
import { type Request, spool } from './spool.ts'
import { ended, statusName } from './status.ts'
import { isEnded, newTask, saveTask, standingTask } from './task.ts'

/** By the media type of a body that has no name. */
const names: Readonly<Record<string, string>> = {
  'application/zip': 'release.zip',
  'application/x-zip-compressed': 'release.zip',
  'application/octet-stream': 'release.zip',
  'text/csv': 'release.csv',
  'text/tab-separated-values': 'release.tsv',
  'text/plain': 'release.txt',
  'application/xml': 'release.xml',
  'text/xml': 'release.xml',
  'application/x-ndjson': 'release.ndjson',
  'application/fhir+ndjson': 'release.ndjson',
}

/** `folder`: of the library; `undefined`: there is none. */
export function importCodeSystem(definition: conformance.Operation, folder: string | undefined): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: true,
    scope: 'all',
    cost: 1_000,
    content: Object.keys(names),
    async run(ctx, call) {
      if (folder === undefined) throw noLibrary()
      const { request, bytes } = wantedBy(call)
      const id = ctx.newId()
      await spool(folder, id, request, bytes) // first: a record without it would promise what nobody can keep
      const { tenant, base, headers } = call.request
      await saveTask(ctx, newTask(id, request.names.join(', '), ctx.clock()), { tenant, base, after: 0 })
      return prefersAsync(headers) ? accepted(call.request, id) : finished(ctx, tenant, id)
    },
  }
}

function noLibrary(): Error {
  const text = 'this server has no library of code systems: expected the setting KILN_TERMINOLOGY'
  return fail('not-supported', text, undefined, { status: 501 })
}

type Wanted = { readonly request: Request; readonly bytes: Uint8Array | undefined }

function wantedBy({ request: { tenant, body }, input }: Call): Wanted {
  const urls = input.texts('url')
  const sent = body?.is === 'bytes' && body.bytes.length > 0 ? names[body.type] : undefined
  const bytes = body?.is === 'bytes' && sent !== undefined ? body.bytes : undefined
  if ((bytes === undefined) === (urls.length === 0)) {
    const both = bytes === undefined ? 'neither' : 'both'
    const expected = 'either a release as the body (application/zip, text/csv …), or the parameter url'
    throw fail('required', `expected ${expected}; received ${both}`, undefined, { status: 400 })
  }
  const name = input.text('name')
  if (name !== undefined && urls.length > 1) {
    throw fail('invalid', `'${name}' is the name of one file; received ${urls.length} urls`, undefined, { status: 400 })
  }
  const called = name === undefined ? [sent ?? [], urls.map(url => nameIn(url) ?? 'release.zip')].flat() : [name]
  const texts = ['system', 'version', 'edition', 'language'] as const
  const given = texts.flatMap(text => (input.text(text) === undefined ? [] : [[text, input.text(text)] as const]))
  const flags = (['choose', 'lenient'] as const).filter(flag => input.flag(flag) === true).map(flag => [flag, true])
  const fetched = urls.length === 0 ? {} : { urls }
  const request = { tenant, names: called, ...fetched, ...Object.fromEntries([...given, ...flags]) }
  return { request, bytes }
}

/** Of the file that a URL leads to. */
function nameIn(url: string): string | undefined {
  const path = URL.parse(url)?.pathname
  if (path === undefined) throw fail('value', `'${url}' is no URL of http or https`)
  return decoded(path.slice(path.lastIndexOf('/') + 1)) || undefined
}

/** Escapes that are no UTF-8 stay as they are: the name is for people, and for the form of the file. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch (error) {
    if (error instanceof URIError) return name
    throw error
  }
}

/** https://www.rfc-editor.org/rfc/rfc7240#section-4.1 */
function prefersAsync({ prefer = '' }: FhirRequest['headers']): boolean {
  return prefer.split(/[,;]/).some(preference => preference.trim().toLowerCase() === 'respond-async')
}

function accepted({ base }: FhirRequest, id: string): Answer {
  return { status: 202, headers: { 'content-location': `${base}/Task/${id}/${statusName}` } }
}

const interval = 100 // ms between two looks at the record

/** If the client does not wait so long, it is loaded all the same. */
async function finished(ctx: Context, tenant: string, id: string): Promise<Resource> {
  for (;;) {
    const standing = await standingTask(ctx.store, tenant, id)
    if (standing === undefined || isEnded(standing.task)) return ended(standing?.task, id)
    await sleep(interval)
  }
}
