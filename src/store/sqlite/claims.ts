import type { DatabaseSync } from 'node:sqlite'
import type { Claim, Refused } from '../port.ts'

/** https://hl7.org/fhir/R4/http.html#ccreate: what makes one of several conditional creates win. */
export function openClaims(db: DatabaseSync) {
  const generation = openGeneration(db)
  const use = db.prepare(
    `INSERT INTO claim (tenant, key, generation, used) VALUES (?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET generation = generation + 1, used = excluded.used`,
  )
  const forget = db.prepare(
    `DELETE FROM claim WHERE tenant = ?1 AND key IN (SELECT key FROM claim WHERE tenant = ?1 AND used < ?2 LIMIT ?3)`,
  )
  return {
    judge(tenant: number, claims: readonly Claim[]): Refused['because'] | undefined {
      const stale = claims.find(claim => generation(tenant, claim.key) !== claim.generation)
      return stale && { why: 'claim', key: stale.key }
    },
    apply(tenant: number, claims: readonly Claim[], now: number) {
      for (const { key } of claims) use.run(tenant, key, now)
    },
    forget: (tenant: number, before: number, limit: number) => Number(forget.run(tenant, before, limit).changes),
  }
}

export function openGeneration(db: DatabaseSync): (tenant: number, key: string) => number {
  const find = db.prepare('SELECT generation FROM claim WHERE tenant = ? AND key = ?')
  return (tenant, key) => (find.get(tenant, key)?.['generation'] as number | undefined) ?? 0
}
