/** Searches as tests make them. */
import { base, entries, type Loose, type Reply, type World } from '../world.ts'

export const form = { 'content-type': 'application/x-www-form-urlencoded' }

export async function put(world: World, type: string, id: string, body: object = {}): Promise<void> {
  const reply = await world.ask('PUT', `${type}/${id}`, { resourceType: type, id, ...body })
  if (reply.status > 201) throw new Error(reply.json)
}

export function patient(world: World, id: string, family: string, more: object = {}): Promise<void> {
  return put(world, 'Patient', id, { name: [{ family }], ...more })
}

export function observation(world: World, id: string, subject: string, more: object = {}): Promise<void> {
  const body = { status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] } }
  return put(world, 'Observation', id, { ...body, subject: { reference: subject }, ...more })
}

/** `Patient/1` of each entry with this mode. */
export function names(reply: Reply, mode = 'match'): string[] {
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.json}`)
  return entries(reply)
    .filter(({ search }) => search.mode === mode)
    .map(({ resource }) => `${resource.resourceType}/${resource.id}`)
}

/** The issues of the outcome entry. */
export function said(reply: Reply): string[] {
  return entries(reply)
    .filter(({ search }) => search.mode === 'outcome')
    .flatMap(({ resource }) => resource.issue.map(({ diagnostics }: Loose) => diagnostics))
}

export function link(reply: Reply, relation: string): string | undefined {
  const url: string | undefined = reply.body.link.find((each: Loose) => each.relation === relation)?.url
  return url?.slice(base.length).replace(/^\//, '')
}

/** All pages; `between`: what happens before the next is asked for. */
export async function pages(
  world: World,
  target: string,
  between: (page: number) => Promise<void> = async () => {},
): Promise<Reply[]> {
  const read: Reply[] = []
  for (let next: string | undefined = target; next !== undefined; ) {
    if (read.length > 1000) throw new Error('the walk does not end')
    const reply = await world.ask('GET', next)
    if (reply.status !== 200) throw new Error(`${reply.status} ${reply.json}`)
    read.push(reply)
    next = link(reply, 'next')
    await between(read.length)
  }
  return read
}

/** From this page back, by `previous`: the pages before it, the nearest first. */
export async function pagesBefore(world: World, from: Reply): Promise<Reply[]> {
  const read: Reply[] = []
  for (let previous = link(from, 'previous'); previous !== undefined; ) {
    const reply = await world.ask('GET', previous)
    if (reply.status !== 200) throw new Error(`${reply.status} ${reply.json}`)
    read.push(reply)
    previous = link(reply, 'previous')
  }
  return read
}

export async function walk(world: World, target: string, between?: (page: number) => Promise<void>): Promise<string[]> {
  return (await pages(world, target, between)).flatMap(reply => names(reply))
}
