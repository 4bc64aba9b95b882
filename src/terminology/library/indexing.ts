/** The index of words of a release: a third of all that makes its file. Where it is large, a thread of its own makes it. */
import { extname } from 'node:path'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { Bytes } from './bytes.ts'
import { Column } from './column.ts'
import { beginningPostings, type Posting, TextIndex, wordPostings } from './text-index.ts'
import { Texts } from './texts.ts'

/** All terms, by concept in rising order. `kinds`: the number of the language, 0 where none is told, and a bit: inactive. */
export type Terms = { readonly concepts: Int32Array; readonly places: Int32Array; readonly kinds: Int32Array }

export type Index = {
  /** Of each term by its rank. */
  readonly concepts: Int32Array
  readonly languages: Uint16Array
  readonly words: Postings
  readonly beginnings: Postings
}

/**
 * One after the other in two blocks. Hundreds of thousands of buffers of their own would each have to be handed over to the other
 * thread, and looked for among all that are handed over: which took minutes.
 */
export type Postings = { readonly texts: readonly string[]; readonly ends: Int32Array; readonly bytes: Uint8Array }

function gathered(postings: Iterable<Posting>): Postings {
  const texts: string[] = []
  const [ends, bytes] = [new Column(), new Bytes()]
  for (const { text, terms } of postings) {
    texts.push(text)
    bytes.append(terms)
    ends.push(bytes.length)
  }
  return { texts, ends: ends.values(), bytes: bytes.view() }
}

export function* postingsIn({ texts, ends, bytes }: Postings): Generator<Posting> {
  for (const [at, text] of texts.entries()) {
    yield { text, terms: bytes.subarray(at === 0 ? 0 : ends[at - 1], ends[at]) }
  }
}

/** `lives`: called now and then. */
export function indexOf(texts: Texts, { concepts, places, kinds }: Terms, lives: () => void = () => {}): Index {
  const index = new TextIndex()
  for (const [at, concept] of concepts.entries()) {
    if (at % 10_000 === 0) lives()
    const kind = kinds[at] ?? 0
    index.add(concept, texts.at(places[at] ?? 0), { language: kind >>> 1, inactive: (kind & 1) === 1 })
  }
  const ranked = index.ranked()
  lives()
  return {
    concepts: ranked.concepts,
    languages: ranked.languages,
    words: gathered(wordPostings(ranked)),
    beginnings: gathered(beginningPostings(ranked)),
  }
}

const many = 50_000 // terms; fewer are indexed before a thread has started
const patience = 120_000 // ms without a sign of life, as of a thread that ran out of memory

/** Begins, and gives what waits for it: a build does other things meanwhile, and never lets go of its own thread. */
export function beginIndex(texts: Texts, terms: Terms): () => Index {
  if (terms.concepts.length < many) return () => indexOf(texts, terms)
  const { port1: here, port2: there } = new MessageChannel()
  const signs = new Int32Array(new SharedArrayBuffer(8))
  const workerData: IndexTask = { texts: texts.shared(), terms, port: there, signs }
  const entry = new URL(`./indexing-thread${extname(import.meta.url)}`, import.meta.url)
  const thread = new Worker(entry, {
    workerData,
    transferList: [there],
    resourceLimits: { maxYoungGenerationSizeMb: 24 }, // for texts that are looked at once
  })
  thread.unref()
  thread.on('error', () => {}) // it is missed where its answer is waited for
  return () => {
    waitFor(signs)
    const answer: { readonly message: Indexed } | undefined = receiveMessageOnPort(here)
    here.close()
    if (answer === undefined) throw new Error('the index of words was not made: its thread did not answer')
    if ('error' in answer.message) throw answer.message.error
    return answer.message.index
  }
}

/** A place in `signs`. */
const [answered, alive] = [0, 1]

function waitFor(signs: Int32Array): void {
  for (let before = -1; ; ) {
    if (Atomics.wait(signs, answered, 0, patience) !== 'timed-out') return
    const now = Atomics.load(signs, alive)
    if (now === before) return
    before = now
  }
}

export type IndexTask = {
  readonly texts: readonly SharedArrayBuffer[]
  readonly terms: Terms
  readonly port: MessagePort
  readonly signs: Int32Array
}

type Indexed = { readonly index: Index } | { readonly error: unknown }

/** In its thread. */
export function answerIndex({ texts, terms, port, signs }: IndexTask): void {
  const lives = (): void => void Atomics.add(signs, alive, 1)
  const indexed = attempt(() => indexOf(new Texts(texts), terms, lives))
  port.postMessage(indexed, 'error' in indexed ? [] : buffersOf(indexed.index))
  Atomics.store(signs, answered, 1)
  Atomics.notify(signs, answered)
}

/** Handed over: a copy would be all of it twice more, where a load needs most memory. */
function buffersOf({ concepts, languages, words, beginnings }: Index): ArrayBuffer[] {
  const all = [concepts, languages, ...[words, beginnings].flatMap(({ ends, bytes }) => [ends, bytes])]
  return all.map(({ buffer }) => buffer as ArrayBuffer)
}

function attempt(make: () => Index): Indexed {
  try {
    return { index: make() }
  } catch (error) {
    return { error }
  }
}
