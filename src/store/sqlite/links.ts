import type { DatabaseSync } from 'node:sqlite'
import type { Commit, Refused, Write } from '../port.ts'
import type { Names } from './names.ts'
import type { Standing } from './resources.ts'

type FindStanding = (tenant: number, type: string, id: string) => Standing | undefined

/** Referential integrity: judged against the state that the commit would leave behind. */
export function openLinks(db: DatabaseSync, types: Names, find: FindStanding) {
  const linkers = db.prepare('SELECT root FROM link WHERE tenant = ? AND target = ?')
  const source = db.prepare('SELECT type, id FROM version WHERE seq = ?')
  const keep = db.prepare('INSERT OR IGNORE INTO link (tenant, target, root) VALUES (?, ?, ?)')
  const drop = db.prepare('DELETE FROM link WHERE root = ?')

  function dangling(tenant: number, links: readonly string[], written: ReadonlyMap<string, Write>): string | undefined {
    return links.find(link => {
      const write = written.get(link)
      if (write) return write.do === 'delete'
      const [type = '', id = ''] = link.split('/')
      return find(tenant, type, id)?.deleted !== 0
    })
  }

  /** A resource outside of this commit that links to the target; those inside answer for their own links. */
  function linker(tenant: number, target: string, rewritten: ReadonlySet<number>): string | undefined {
    for (const { root } of linkers.iterate(tenant, target)) {
      if (rewritten.has(root as number)) continue
      const { type, id } = source.get(root as number) as unknown as { type: number; id: string }
      return `${types.name(type)}/${id}`
    }
    return undefined
  }

  function judge(
    tenant: number,
    { writes }: Commit,
    standing: readonly (Standing | undefined)[],
  ): Refused['because'] | undefined {
    const changing = writes.flatMap((write, at) => (write.do === 'check' ? [] : [{ write, at }]))
    const written = new Map(changing.map(({ write }) => [nameOf(write), write]))
    const rewritten = new Set(changing.map(({ at }) => standing[at]?.root ?? 0))
    const broken = ({ write, at }: { write: Write; at: number }): Refused['because'] | undefined => {
      if (write.do === 'put') {
        const link = dangling(tenant, write.links ?? [], written)
        return link === undefined ? undefined : { why: 'dangling', at, link }
      }
      const by = standing[at]?.deleted === 0 ? linker(tenant, nameOf(write), rewritten) : undefined
      return by === undefined ? undefined : { why: 'linked', at, by }
    }
    return changing.values().map(broken).find(Boolean)
  }

  return {
    judge,
    /** Of the resource `root`, which stood before if `again`. */
    apply(tenant: number, root: number, links: readonly string[], again: boolean) {
      if (again) drop.run(root)
      for (const link of links) keep.run(tenant, link, root)
    },
  }
}

function nameOf({ key }: Write): string {
  return `${key.type}/${key.id}`
}
