/** Answers about codes, kept for whoever asks the same again: they hold as long as the vocabulary does, which never changes. */
import type { Answer, Context, FhirRequest } from '../../interactions/interaction.ts'
import type { Vocabulary } from '../../interactions/vocabulary/vocabulary.ts'
import { ByteCache } from '../../terminology/library/byte-cache.ts'
import { hashOf } from '../../terminology/library/hash.ts'
import type { Operation } from './operation.ts'

const most = 8 * 2 ** 20 // bytes, in all tenants: 2,500 concepts of SNOMED CT looked up
const around = 500 // bytes of the objects that hold a question and its answer
const places = 2 ** 15 // for two questions each that were asked once, four bytes a question

export type KeptAnswers = (
  ctx: Pick<Context, 'vocabulary'>,
  request: FhirRequest,
  operation: Operation,
  make: () => Promise<Answer>,
) => Promise<Answer>

export function keepAnswers(): KeptAnswers {
  const known = new ByteCache<string, Answer>(most)
  const isRepeated = asking()
  const states = new WeakMap<Vocabulary, number>()
  let last = 0

  function stateOf(vocabulary: Vocabulary): number {
    const before = states.get(vocabulary)
    if (before !== undefined) return before
    states.set(vocabulary, ++last)
    return last
  }

  return async (ctx, request, operation, make) => {
    if (!isKept(request, operation)) return make()
    const vocabulary = ctx.vocabulary()
    // What is made from now on is of this state, or of a later one: then nobody asks for this one any more.
    const state = stateOf(vocabulary instanceof Promise ? await vocabulary : vocabulary)
    const { target, query, headers } = request
    const key = `${state} ${target.type} ${target.verb} ${headers['accept-language'] ?? ''}\n${query}`
    const before = known.find(key)
    if (before !== undefined) return before
    const answer = await make()
    if (answer.status === 200 && answer.body?.is === 'json' && isRepeated(key)) {
      known.add(key, answer, key.length + answer.body.json.length + around)
    }
    return answer
  }
}

/**
 * Whether it was asked lately, as far as a number in place of each question tells. Most are asked once: to keep an answer that nobody
 * asks for again costs half as much as making it, and fills the heap with what was kept in vain.
 */
function asking(): (question: string) => boolean {
  const [latest, before] = [new Int32Array(places), new Int32Array(places)]
  return question => {
    const number = hashOf(question)
    const place = number & (places - 1)
    if (latest[place] === number || before[place] === number) return true
    before[place] = latest[place] ?? 0
    latest[place] = number
    return false
  }
}

/** Bodies may be of any size, and instances belong to those who may read them. */
function isKept({ method, target, query }: FhirRequest, { lasting }: Operation): boolean {
  const isGet = method === 'GET' || method === 'HEAD'
  return lasting !== undefined && isGet && target.at === 'type' && lasting(query)
}
