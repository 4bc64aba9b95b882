/** The strings that index entries are kept as: one flat form, so that every slot shares the same few indexes. */

/** Between a slot and what is behind it; the next character, a space, occurs in no slot, and so ends all that a slot has. */
const separator = '\x1f'
const next = '\x20'

export const termKey = (slot: string, text: string) => `${slot}${separator}${text}`

/** All strings that begin with the slot, and no other. */
export const slotStart = (slot: string) => `${slot}${separator}`
export const slotEnd = (slot: string) => `${slot}${next}`

/** Numbers as text in the same order, so that an end of a range stands beside its slot in one string. */
export const rangeKey = (slot: string, value: number) => `${slot}${separator}${numberKey(value)}`

/** Behind the key and before all others: what makes `<=` of `<`, and `>` of `>=`. */
export const behind = (key: string) => `${key}${next}`

const bits = new DataView(new ArrayBuffer(8))
const sign = 0x8000_0000

/** The bits of a double are in order once the sign is turned round, and all bits of a negative one. */
export function numberKey(value: number): string {
  bits.setFloat64(0, value + 0) // -0 is 0
  const [high, low] = [bits.getUint32(0), bits.getUint32(4)]
  return high < sign ? hex(high + sign) + hex(low) : hex(~high >>> 0) + hex(~low >>> 0)
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** What sorts by terms and by ranges may be in one slot. Names of fields hold no dots and no NUL. */
export function sortField(by: 'term' | 'range', slot: string): string {
  const name = slot.replace(/[%.\0]/g, found => `%${found.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `${by === 'term' ? 't' : 'r'}-${name}`
}
