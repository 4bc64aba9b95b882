/** Codes on paper for whoever has lost his second factor: each is good once. */
import type { Account } from './account.ts'
import { grouped, letters } from './password.ts'
import type { Seal } from './seal.ts'

const count = 10
const length = 10 // letters of 5 bits

/** The codes are shown once; the account keeps their digests. */
export function newRecoveryCodes(
  { id }: Pick<Account, 'id'>,
  seal: Seal,
  random: (bytes: number) => Uint8Array,
): { readonly codes: readonly string[]; readonly recovery: Account['recovery'] } {
  const codes = Array.from({ length: count }, () => grouped(letters(random, length), 5))
  return { codes, recovery: codes.map(code => digest(id, seal, code)) }
}

/** The account without the code; `undefined`: it is none of its codes. */
export function useRecoveryCode(account: Account, seal: Seal, code: string): Account | undefined {
  const used = digest(account.id, seal, code)
  const recovery = account.recovery.filter(one => one !== used)
  return recovery.length < account.recovery.length ? { ...account, recovery } : undefined
}

/** However it was typed. */
function digest(id: string, seal: Seal, code: string): string {
  return seal.digest(code.toLowerCase().replace(/[^a-z0-9]/g, ''), `recovery ${id}`)
}
