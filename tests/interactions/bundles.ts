import type { Loose, Reply } from '../world.ts'

export const patient = { resourceType: 'Patient', active: true }

export function bundle(type: 'batch' | 'transaction', entry: unknown[]): Loose {
  return { resourceType: 'Bundle', type, entry }
}

export function put(type: string, id: string, more: object = {}): Loose {
  return { resource: { resourceType: type, id, ...more }, request: { method: 'PUT', url: `${type}/${id}` } }
}

export function statuses(reply: Reply): string[] {
  return reply.body.entry.map(({ response }: Loose) => response.status)
}
