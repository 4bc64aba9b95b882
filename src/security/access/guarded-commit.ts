/**
 * Writes judged before they happen: a resource must be one that may be changed before and after, so that nothing is moved into
 * somebody's sight or out of it. What was judged is made a condition of the commit.
 */
import { fail } from '../../fhir/issue.ts'
import { type Node, none } from '../../search/node.ts'
import type { Commit, Committed, Refused, Store, Version, Write } from '../../store/port.ts'
import type { Access, Letter } from './access.ts'
import { belongs, type Image, imageOf, type JudgeNeeds } from './judge.ts'
import type { Mask } from './mask.ts'
import type { Sight } from './sight.ts'
import { isWithin, type WriteNeeds, within } from './within.ts'

type Needs = Omit<JudgeNeeds, 'store' | 'tenant'> &
  WriteNeeds & { readonly store: Store; readonly sight: Sight; readonly mask: Mask }

/** A write as it goes to the store; `undefined`: nothing is there to be done to, as far as this principal can see. */
type Judged = { readonly write: Write | undefined; readonly bound: boolean }

const tries = 16 // commits anew, because a resource was changed between being judged and being written

export function guardedCommit(needs: Needs): Pick<Store, 'commit'> {
  const { store, mask } = needs
  const shown = (version: Version | undefined): Version | undefined => version && mask.shown(version)
  return {
    async commit(it) {
      for (let attempt = 1; ; attempt++) {
        const judged = await judgeAll(needs, it)
        if ('ok' in judged) return judged
        const kept = [...judged.entries()].flatMap(([at, { write }]) => (write ? [{ at, write }] : []))
        const outcome = await store.commit({ ...it, writes: kept.map(({ write }) => write) })
        if (outcome.ok) return { ok: true, versions: spread(it, kept, outcome).map(shown) }
        const { because } = outcome
        const own = because.why === 'condition' && judged[kept[because.at]?.at ?? -1]?.bound
        if (own && attempt < tries) continue
        return told(outcome, it.tenant, kept, needs)
      }
    },
  }
}

type Kept = readonly { readonly at: number; readonly write: Write }[]

function spread({ writes }: Commit, kept: Kept, { versions }: Committed): Committed['versions'] {
  const all = new Array<Version | undefined>(writes.length)
  for (const [index, { at }] of kept.entries()) all[at] = versions[index]
  return all
}

/** The refusal in the caller's numbering, with nothing in it that may not be seen. */
async function told({ because }: Refused, tenant: string, kept: Kept, needs: Needs): Promise<Refused> {
  const { store, sight, mask } = needs
  const seen = async (version: Version | undefined): Promise<Version | undefined> =>
    version && (await sight.sees(version)) ? mask.shown(version) : undefined
  if (because.why === 'receipt') {
    const versions = because.versions.map(version => mask.shown(version))
    return { ok: false, because: { ...because, versions } }
  }
  if (!('at' in because) || because.why === 'guard') return { ok: false, because }
  const at = kept[because.at]?.at ?? because.at
  if (because.why === 'condition')
    return { ok: false, because: { ...because, at, current: await seen(because.current) } }
  if (because.why !== 'linked') return { ok: false, because: { ...because, at } }
  const by = await seen(await store.read(keyOf(tenant, because.by)))
  return { ok: false, because: { ...because, at, by: by ? because.by : 'a resource that your rights do not show' } }
}

async function judgeAll(needs: Needs, it: Commit): Promise<readonly Judged[] | Refused> {
  const hidden = await hiddenLinks(needs, it)
  if (hidden) return hidden
  const states = await needs.store.readAll(it.writes.map(({ key }) => key))
  const judged: Judged[] = []
  for (const [at, write] of it.writes.entries()) {
    const state = states[at]
    const current = state !== undefined && (await needs.sight.sees(state)) ? state : undefined
    const isAsked = write.when !== undefined && write.when !== 'absent'
    if (!current && isAsked) return { ok: false, because: { why: 'condition', at, current } }
    judged.push(await judge(needs, write, current))
  }
  return judged
}

/** Where links must lead somewhere, one that leads to what may not be seen leads nowhere. */
async function hiddenLinks({ store, sight }: Needs, it: Commit): Promise<Refused | undefined> {
  if (!it.integrity) return undefined
  const made = new Set(it.writes.map(({ key }) => `${key.type}/${key.id}`))
  for (const [at, write] of it.writes.entries()) {
    const links = write.do === 'put' ? (write.links ?? []).filter(link => !made.has(link)) : []
    const states = await store.readAll(links.map(link => keyOf(it.tenant, link)))
    for (const [index, link] of links.entries()) {
      const state = states[index]
      if (state !== undefined && !(await sight.sees(state)))
        return { ok: false, because: { why: 'dangling', at, link } }
    }
  }
  return undefined
}

function keyOf(tenant: string, link: string): { tenant: string; type: string; id: string } {
  const [type = '', id = ''] = link.split('/')
  return { tenant, type, id }
}

/** `current`: as far as it may be seen. */
async function judge(needs: Needs, asked: Write, current: Version | undefined): Promise<Judged> {
  if (asked.do === 'check') return { write: current && asked, bound: false }
  const write = within(needs, asked, current?.json)
  const { access, clock } = needs
  const { key } = write
  const judging = { ...needs, tenant: key.tenant }
  const mustBelong = async (letter: Letter, image: Image): Promise<void> => {
    if (!(await belongs(judging, access.may(letter, key.type), image))) throw notAllowed(letter, key)
  }
  const before = current?.json === undefined ? undefined : imageOf(judging, current, current.json)
  if (write.do === 'delete') {
    if (!before) return { write: undefined, bound: false }
    await mustBelong('d', before)
    return bind(write, current, access.may('d', key.type))
  }
  const after = { ...key, updated: clock(), entries: write.entries ?? noEntries }
  if (!before) {
    if (write.method !== 'POST' && !isFree(access, key.type)) throw notYours(key)
    await mustBelong('c', after)
    return { write, bound: false }
  }
  await mustBelong('u', before)
  await mustBelong('u', after)
  const isJudged = write !== asked || !isWithin(access, key.type)
  return bind(write, current, isJudged ? none : access.may('u', key.type))
}

const noEntries = { terms: [], ranges: [] }

/** Who may write all of a type learns nothing from what is there already. */
function isFree({ may }: Access, type: string): boolean {
  return may('c', type).is === 'all' && may('u', type).is === 'all'
}

/** Nothing to be bound to where every state of it would do. */
function bind(write: Exclude<Write, { do: 'check' }>, current: Version | undefined, rule: Node): Judged {
  const isBound = typeof write.when === 'object' || write.when === 'absent'
  if (isBound || rule.is === 'all' || current === undefined) return { write, bound: false }
  return { write: { ...write, when: { version: current.version } }, bound: true }
}

const doing = { c: 'create', u: 'update', d: 'delete', r: 'read', s: 'search' }

function notAllowed(letter: Letter, { type, id }: Write['key']): Error {
  const which = letter === 'c' ? `such a ${type}` : `${type}/${id}, or not to this state`
  return fail('forbidden', `your rights do not allow to ${doing[letter]} ${which}`)
}

/** What is hidden and what is not there answer alike. */
function notYours({ type, id }: Write['key']): Error {
  const text = `${type}/${id} does not exist, and your rights do not allow to create a ${type} under an id of your own: use POST`
  return fail('not-supported', text, undefined, { status: 405, headers: { allow: 'GET, HEAD, POST' } })
}
