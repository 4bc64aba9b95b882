/** What the connections ask for. */
import { printJson } from '../../src/fhir/json.ts'
import { idOf, observation, patient, resource, typeOf } from './data.ts'
import type { Lane, Request } from './load.ts'
import { populationOf } from './population.ts'

export const connections = 16

const headers = { 'content-type': 'application/fhir+json' }

function lanes(length: number, request: (lane: number, turn: number) => Request): Lane[] {
  return Array.from({ length: connections }, (_, lane) => Array.from({ length }, (_, turn) => request(lane, turn)))
}

/** A stride that is no factor of any count wanders over all of them without order. */
const stride = 7_919

/** Resources out of the first `count`, all over the place. */
export function reads(count: number): Lane[] {
  return lanes(500, (lane, turn) => {
    const n = ((lane * 500 + turn) * stride) % count
    return { method: 'GET', path: `/fhir/${typeOf(n)}/${idOf(n)}` }
  })
}

export function creates(): Lane[] {
  return lanes(64, (lane, turn) => {
    const it = resource(lane * 64 + turn)
    return { method: 'POST', path: `/fhir/${it.resourceType}`, headers, body: printJson(it) }
  })
}

/** Each connection has its own resources, and no update equals the one before: that would write nothing. */
export function updates(count: number): Lane[] {
  const own = Math.min(32, Math.floor(count / connections))
  return lanes(own * 2, (lane, turn) => {
    const n = lane * own + (turn % own)
    const id = idOf(n)
    const it = { ...resource(n, turn < own ? 1 : 2), id }
    return { method: 'PUT', path: `/fhir/${it.resourceType}/${id}`, headers, body: printJson(it) }
  })
}

export const entries = 100

/** A patient and observations of theirs, all new, linked inside the Bundle. */
export function transactions(): Lane[] {
  return lanes(4, (lane, turn) => {
    const from = (lane * 4 + turn) * entries
    const subject = `urn:uuid:${idOf(from)}`
    const entry = Array.from({ length: entries }, (_, k) => {
      const it = k === 0 ? patient(from) : observation(from + k, 0, subject)
      return {
        fullUrl: `urn:uuid:${idOf(from + k)}`,
        resource: it,
        request: { method: 'POST', url: it.resourceType },
      }
    })
    const body = printJson({ resourceType: 'Bundle', type: 'transaction', entry })
    return { method: 'POST', path: '/fhir', headers, body }
  })
}

/** New resources of one type, as those of the search benchmark are. */
export function newcomers(type: 'Patient' | 'Observation'): Lane[] {
  const each = 64
  const population = populationOf(connections * each)
  const bodies: string[] = []
  for (let at = 0; bodies.length < connections * each; at++) {
    const { id: _, ...it } = population.resource(at)
    if (it.resourceType === type) bodies.push(printJson(it))
  }
  return lanes(each, (lane, turn) => ({
    method: 'POST',
    path: `/fhir/${type}`,
    headers,
    body: bodies[lane * each + turn] ?? '',
  }))
}
