/** What the log keeps of occurrences until they are written down as AuditEvents: who asked is told once for all that he did. */
import type { Deed, Exchange, Occurrence, SecurityEvent } from './occurrence.ts'

/** The kind of the notes that hold them. */
export const logKind = 'audit-log'

type Who = Omit<Exchange, 'at' | 'request'>
type Line = readonly [who: number, at: number, request: string, did: Deed | SecurityEvent, patients: readonly string[]]

export type Portion = {
  add(occurrence: Occurrence): void
  /** Occurrences in it. */
  readonly count: () => number
  /** Characters, about. */
  readonly length: () => number
  print(): string
}

export function openPortion(): Portion {
  const known = new Map<string, number>()
  /** Who asks again mostly does so by the same token, from the same place. */
  const last = new Map<Exchange['principal'], Pick<Who, 'tenant' | 'base' | 'address'> & { readonly number: number }>()
  const lines: string[] = []
  let whos = ''
  let length = 0

  function numberOf(exchange: Exchange): number {
    const { tenant, base, principal, address } = exchange
    const before = last.get(principal)
    const isSame = before?.address === address && before?.base === base && before?.tenant === tenant
    if (before && isSame) return before.number
    const number = numbered(exchange)
    last.set(principal, { tenant, base, address, number })
    return number
  }

  function numbered(exchange: Exchange): number {
    const { tenant, base, principal, address } = exchange
    const key = `${tenant}\n${base}\n${address}\n${principal?.client}\n${principal?.user}\n${principal?.fhirUser}\n${principal?.purposes}`
    const before = known.get(key)
    if (before !== undefined) return before
    const number = known.size
    known.set(key, number)
    const who = JSON.stringify({ tenant, base, principal: principal && whoOf(principal), address } satisfies Who)
    whos += number === 0 ? who : `,${who}`
    length += who.length
    return number
  }

  return {
    add({ exchange, did, patients }) {
      // In one go: pieces that are put together would be held in pieces until they are printed.
      const line = JSON.stringify([
        numberOf(exchange),
        exchange.at,
        exchange.request ?? '',
        did,
        patients,
      ] satisfies Line)
      length += line.length
      lines.push(line)
    },
    count: () => lines.length,
    length: () => length,
    print: () => `{"who":[${whos}],"did":[${lines.join(',')}]}`,
  }
}

/** A principal may know more than the audit tells. */
function whoOf({ client, user, fhirUser, purposes }: NonNullable<Exchange['principal']>): Exchange['principal'] {
  return { client, user, fhirUser, purposes }
}

export function parsePortion(text: string): readonly Occurrence[] {
  const { who, did }: { who: readonly Who[]; did: readonly Line[] } = JSON.parse(text)
  return did.map(([number, at, request, done, patients]) => {
    const whose = who[number]
    if (whose === undefined) throw new Error('a portion of the audit names nobody')
    const exchange = request === '' ? { ...whose, at } : { ...whose, at, request }
    return { exchange, did: done, patients }
  })
}
