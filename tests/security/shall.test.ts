/** `src/security/SHALL.md` and the names of the tests agree, and nothing is forgotten. */
import { globSync, readFileSync } from 'node:fs'
import t from 'tap'

/** All SHALL and SHALL NOT for servers of the requirement set. */
const all = `14 15 16 17 18 24 30 31 48 49 53 54 56 57 59 73 74 75 77 78 84 85 86 87 88 89 94 95 96 100 101 103 104 109 110 111
  112 113 114 115 119 123 130 136 139 140 142 144 149 164 168 169 170 171 172 173 174 175 176 177 178 188 190 194 197 198 200
  205 207 209 210 228 231 240 241 247 249 250 251 253 254 255 256 258 259 261 265 266 271 272 273 274 275 276 277 278 279 282
  283 285 286 287 288 289 296 297 305 310 316 335 336 337 338 339 340 341 342 344 348 349 350 351 352 353 354 355 356 357 358
  359 360 361 362 363 364 365 366 367 368 369 370 371 372 373 374 377 378 380 381 382 383 384 385 393 394 396 398 400 402 403
  405 409 410 412 417 418 419 421 423 429 430 431 432 436`

const numbers = (text: string): readonly string[] => text.match(/\d+/g) ?? []
const sorted = (texts: Iterable<string>): readonly string[] => [...texts].sort()
const text = readFileSync('src/security/SHALL.md', 'utf8')
const rows = [...text.matchAll(/^\| ([\d ]+) \|.*\| `([^`]+)` \|$/gm)].map(([, them = '', file = '']) => ({
  them,
  file,
}))
const [, beside = ''] = /^Not for us: ([\s\S]+)$/m.exec(text) ?? []
const others = [...beside.matchAll(/(?:^|, )(\d+) \(/g)].map(([, number = '']) => number)

t.test('what the table says is in the names of the tests, where it says', async t => {
  const listed = rows.flatMap(({ them, file }) => numbers(them).map(number => `${number} ${file}`))
  const named = globSync('tests/**/*.test.ts').flatMap(path => {
    const tags = [...readFileSync(path, 'utf8').matchAll(/\[SMART-(\d[\d ]*)\]/g)].filter(
      () => !path.endsWith('security/shall.test.ts'),
    )
    return tags.flatMap(([, them = '']) => numbers(them).map(number => `${number} ${path.slice('tests/'.length)}`))
  })
  t.ok(listed.length > 100)
  t.strictSame(sorted(new Set(named)), sorted(listed))
})

t.test('every requirement is in the table, or is told not to be ours', async t => {
  const told = [...rows.flatMap(({ them }) => numbers(them)), ...others]
  t.strictSame(sorted(told), sorted(numbers(all)), 'each once')
})
