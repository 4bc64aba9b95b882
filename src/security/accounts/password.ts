/** Passwords as argon2id, which the library works out beside the main loop. https://www.rfc-editor.org/rfc/rfc9106 */
import { hash, verify } from '@node-rs/argon2'
import { fail } from '../../fhir/issue.ts'

/** OWASP's least: 19 MiB, two passes, one lane; some 20 ms of one core. `algorithm` 2 is argon2id. */
const cost = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const

const shortest = 12 // characters: https://pages.nist.gov/800-63-4/sp800-63b.html asks for 8 beside a second factor, 15 without
const longest = 256 // characters: nobody types more, and hashing costs

/** Of a password that nobody has: checking it takes as long as checking any other. */
const nobodys = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

type Random = (bytes: number) => Uint8Array

export function hashPassword(password: string, random: Random): Promise<string> {
  return hash(normal(password), { ...cost, salt: random(16) })
}

/** The same work whether there is one or not. */
export async function isPassword(hashed: string | undefined, password: string): Promise<boolean> {
  const right = await verify(hashed ?? nobodys, normal(password.slice(0, longest)))
  return right && hashed !== undefined && password.length <= longest
}

/** However a keyboard writes an ä. */
function normal(password: string): string {
  return password.normalize('NFKC')
}

/** Throws what is wrong with a new one. What lists of broken passwords begin with is long enough only by repetition. */
export function checkPassword(password: string, names: readonly string[]): void {
  const plain = normal(password).toLowerCase()
  const length = [...plain].length
  if (length < shortest) throw fail('value', `the password has ${length} characters: expected at least ${shortest}`)
  if (password.length > longest) throw fail('value', `the password is too long: expected at most ${longest} characters`)
  if (new Set(plain).size < 5) throw fail('value', 'the password has fewer than 5 different characters')
  if (names.some(name => name.length > 3 && plain.includes(name.toLowerCase()))) {
    throw fail('value', 'the password contains the name of its account')
  }
  if (common.test(plain)) throw fail('value', 'the password is one of those that are guessed first')
}

const common = /^(?:(?:password|passwort|qwerty|letmein|welcome|hospital|iloveyou|admin|changeme|\d)+[\d!.]*)$/

/** Without l and o, 0 and 1: 32, so that a byte gives each as often as any other. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/** About 100 bits, in groups that can be read aloud. */
export function generatePassword(random: Random): string {
  return grouped(letters(random, 20), 5)
}

export function letters(random: Random, count: number): string {
  return [...random(count)].map(byte => alphabet[byte % 32]).join('')
}

export function grouped(text: string, size: number): string {
  return text.replace(new RegExp(`.{${size}}(?=.)`, 'g'), '$&-')
}
