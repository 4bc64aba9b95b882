/** Answers about codes, kept for whoever asks the same again: they hold as long as the vocabulary does, which never changes. */
import type { Answer, Context, FhirRequest } from '../../interactions/interaction.ts'
import type { Vocabulary } from '../../interactions/vocabulary/vocabulary.ts'
import { ByteCache } from '../../terminology/library/byte-cache.ts'
import { hashOf } from '../../terminology/library/hash.ts'
import type { Operation } from './operation.ts'

const most = 8 * 2 ** 20 // bytes, in all tenants: 2,500 concepts of SNOMED CT looked up
const around = 500 // bytes of the objects that hold a question and its answer
const places = 2 ** 12 // for two questions each that were asked once: of what comes again later, too much else was kept meanwhile

export type KeptAnswers = (
  ctx: Pick<Context, 'vocabulary'>,
  request: FhirRequest,
  operation: Operation,
  make: () => Answer | Promise<Answer>,
) => Answer | Promise<Answer>

/** By its number. Of several questions with one number the last is kept. */
type Kept = Question & { readonly answer: Answer }

type Question = {
  readonly number: number
  /** Of the vocabulary. */
  readonly state: number
  readonly type: string
  readonly verb: string
  readonly languages: string | undefined
  /** The query as it came. */
  readonly text: string
}

export function keepAnswers(): KeptAnswers {
  const known = new ByteCache<number, Kept>(most)
  const isRepeated = asking()
  const states = new WeakMap<Vocabulary, number>()
  let last = 0

  function stateOf(vocabulary: Vocabulary): number {
    const before = states.get(vocabulary)
    if (before !== undefined) return before
    states.set(vocabulary, ++last)
    return last
  }

  function keep(question: Question, answer: Answer): Answer {
    if (answer.status === 200 && answer.body?.is === 'json' && isRepeated(question.number)) {
      known.add(question.number, { ...question, answer }, question.text.length + answer.body.json.length + around)
    }
    return answer
  }

  return (ctx, request, operation, make) => {
    if (!isKept(request, operation)) return make()
    // What is made from now on is of this state, or of a later one: then nobody asks for this one any more.
    const answered = (vocabulary: Vocabulary): Answer | Promise<Answer> => {
      const question = questionOf(stateOf(vocabulary), request)
      const before = known.find(question.number)
      if (before !== undefined && isSame(before, question)) return before.answer
      const answer = make()
      return answer instanceof Promise ? answer.then(each => keep(question, each)) : keep(question, answer)
    }
    const vocabulary = ctx.vocabulary()
    return vocabulary instanceof Promise ? vocabulary.then(answered) : answered(vocabulary)
  }
}

function questionOf(state: number, { target, query, headers, question: text = String(query) }: FhirRequest): Question {
  const { type, verb } = target
  const languages = headers['accept-language']
  const about = Math.imul(hashOf(verb), 31) + state + (languages === undefined ? 0 : hashOf(languages))
  return { number: Math.imul(about, 31) ^ hashOf(text), state, type, verb, languages, text }
}

function isSame(one: Question, other: Question): boolean {
  if (one.text !== other.text || one.state !== other.state || one.languages !== other.languages) return false
  return one.verb === other.verb && one.type === other.type
}

/**
 * Whether it was asked lately, as far as a number in place of each question tells. Most are asked once: to keep an answer that nobody
 * asks for again costs half as much as making it, and fills the heap with what was kept in vain.
 */
function asking(): (question: number) => boolean {
  const [latest, before] = [new Int32Array(places), new Int32Array(places)]
  return number => {
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
