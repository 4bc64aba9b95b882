/** Requests that change something, with the traces that they leave. */
import type { Asked } from './client.ts'
import type { Wanted } from './journal.ts'

export type Change = { readonly asked: Asked; readonly wants: readonly Wanted[] }

/** Digits that JavaScript would print otherwise, and letters of more than one byte. */
function restOf(trace: string): string {
  return `"identifier":[{"system":"urn:kiln:faults","value":"${trace}"}],"extension":[{"url":"urn:kiln:weight","valueDecimal":70.500}],"active":true,"name":[{"family":"Müller-伊藤","given":["${trace}"]}]`
}

function text(rest: string, id?: string): string {
  return `{"resourceType":"Patient",${id === undefined ? '' : `"id":"${id}",`}${rest}}`
}

const wanted = (trace: string, id?: string): Wanted & { readonly rest: string } => ({
  trace,
  type: 'Patient',
  rest: restOf(trace),
  ...(id === undefined ? {} : { id }),
})

export function creation(trace: string): Change {
  const want = wanted(trace)
  return { asked: { method: 'POST', path: 'Patient', body: text(want.rest) }, wants: [want] }
}

export function update(trace: string, id: string, ifMatch?: number): Change {
  const want = wanted(trace, id)
  const headers = ifMatch === undefined ? {} : { 'if-match': `W/"${ifMatch}"` }
  return { asked: { method: 'PUT', path: `Patient/${id}`, body: text(want.rest, id), headers }, wants: [want] }
}

/** Half of the entries are created, half are put under an id of their own; `ids` are updated beside them. */
export function transaction(trace: string, count: number, ids: readonly string[] = []): Change {
  const entries = Array.from({ length: count }, (_, at) => {
    const name = `${trace}.${at}`
    const id = at < ids.length ? ids[at] : at % 2 === 0 ? undefined : name
    const want = wanted(name, id)
    const request = id === undefined ? { method: 'POST', url: 'Patient' } : { method: 'PUT', url: `Patient/${id}` }
    return { want, text: `{"resource":${text(want.rest, id)},"request":${JSON.stringify(request)}}` }
  })
  return bundle(
    entries.map(entry => entry.text),
    entries.map(({ want }) => want),
  )
}

/**
 * One entry of every kind, `blocks` times: what it writes to must exist and is put by `before`. Entries that write come
 * first, so that their answers stand at the same places as what was wanted.
 */
export function everyKind(trace: string, blocks: number): { readonly before: Change; readonly change: Change } {
  const names = Array.from({ length: blocks }, (_, at) => `${trace}.${at}`)
  const ids = names.flatMap(name => ['updated', 'patched', 'deleted', 'read'].map(what => `${name}-${what}`))
  const puts = ids.map(id => update(`${id}-before`, id))
  const before = bundle(
    puts.map(
      ({ asked }) => `{"resource":${asked.body},"request":${JSON.stringify({ method: 'PUT', url: asked.path })}}`,
    ),
    puts.flatMap(({ wants }) => wants),
  )
  const writing = names.map(writes)
  const change = bundle(
    [...writing.flatMap(({ entries }) => entries), ...names.flatMap(reads)],
    writing.flatMap(({ wants }) => wants),
  )
  return { before, change: { ...change, asked: { ...change.asked, headers: { 'idempotency-key': trace } } } }
}

function writes(name: string): { readonly entries: readonly string[]; readonly wants: readonly Wanted[] } {
  const id = (what: string): string => `${name}-${what}`
  const made = wanted(`${name}.made`)
  const put = wanted(`${name}.put`, id('put'))
  const updated = wanted(`${name}.updated`, id('updated'))
  const patch = [{ op: 'replace', path: '/identifier/0/value', value: `${name}.patched` }]
  const data = Buffer.from(JSON.stringify(patch)).toString('base64')
  const binary = `{"resourceType":"Binary","contentType":"application/json-patch+json","data":"${data}"}`
  return {
    entries: [
      `{"resource":${text(made.rest)},"request":{"method":"POST","url":"Patient"}}`,
      `{"resource":${text(put.rest, put.id)},"request":{"method":"PUT","url":"Patient/${put.id}"}}`,
      `{"resource":${text(updated.rest, updated.id)},"request":{"method":"PUT","url":"Patient/${updated.id}"}}`,
      `{"resource":${binary},"request":{"method":"PATCH","url":"Patient/${id('patched')}"}}`,
      `{"request":{"method":"DELETE","url":"Patient/${id('deleted')}"}}`,
    ],
    wants: [
      made,
      put,
      updated,
      { trace: `${name}.patched`, type: 'Patient', id: id('patched') },
      { trace: `DELETE Patient/${id('deleted')}`, type: 'Patient', id: id('deleted') },
    ],
  }
}

function reads(name: string): readonly string[] {
  const urls = [`${name}-read`, `${name}-read/_history/1`, `${name}-read/_history`, `${name}-updated/_history`]
  return urls.map(url => `{"request":{"method":"GET","url":"Patient/${url}"}}`)
}

export function bundle(entries: readonly string[], wants: readonly Wanted[]): Change {
  const body = `{"resourceType":"Bundle","type":"transaction","entry":[${entries.join(',')}]}`
  return { asked: { method: 'POST', path: '', body }, wants }
}
