/** A pass whose questions are not all answered from memory: they are asked in one go, and the pass is repeated. */
import type { Issue } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { CodeAnswer, CodeQuestion, Codes } from '../codes.ts'
import type { ConceptFault, ConceptQuestion, Concepts } from '../concepts.ts'
import type { Questionnaires } from '../questionnaires.ts'
import type { Targets } from '../targets.ts'

/** What answers at once, or `later`. Without concepts or questionnaires nobody knows any. */
export type Memory = {
  readonly codes: Codes
  readonly targets: Targets
  readonly concepts?: Concepts
  readonly questionnaires?: Questionnaires
}

/** What answers when it has had the time; in the order of the questions. */
export type Ask = {
  codes(questions: readonly CodeQuestion[]): Promise<readonly Exclude<CodeAnswer, 'later'>[]>
  targets(references: readonly string[]): Promise<readonly (Resource | 'absent')[]>
  concepts?(questions: readonly ConceptQuestion[]): Promise<readonly (ConceptFault | undefined)[]>
  questionnaires?(canonicals: readonly string[]): Promise<readonly (Resource | undefined)[]>
}

/** Notes whether anything had to be put off. */
export function noting({
  codes,
  targets,
  concepts,
  questionnaires,
}: Memory): Memory & { readonly isPutOff: () => boolean } {
  let isPutOff = false
  const noted = <T>(answer: T): T => {
    if (answer === 'later') isPutOff = true
    return answer
  }
  return {
    codes: { validate: question => noted(codes.validate(question)) },
    targets: { find: reference => noted(targets.find(reference)) },
    ...(concepts && { concepts: { find: question => noted(concepts.find(question)) } }),
    ...(questionnaires && { questionnaires: { find: canonical => noted(questionnaires.find(canonical)) } }),
    isPutOff: () => isPutOff,
  }
}

const mostRounds = 8 // a target may be found to refer to others, whose profiles have to be known too

/** A pass takes microseconds, a question milliseconds: to repeat the pass is cheaper than to make each of its steps wait. */
export async function settle(
  pass: (memory: Memory) => readonly Issue[],
  memory: Memory,
  ask: Ask,
): Promise<readonly Issue[]> {
  const { concepts, questionnaires } = memory
  const codes = inquiry<CodeQuestion, CodeAnswer>(question => memory.codes.validate(question))
  const targets = inquiry<string, Resource | 'absent' | 'later'>(reference => memory.targets.find(reference))
  const meanings = inquiry<ConceptQuestion, ConceptFault | undefined | 'later'>(question => concepts?.find(question))
  const forms = inquiry<string, Resource | undefined | 'later'>(canonical => questionnaires?.find(canonical))
  for (let round = 1; ; round++) {
    const issues = pass({
      codes: {
        validate: question =>
          codes.answer([question.valueSet, question.system, question.version, question.code], question),
      },
      targets: { find: reference => targets.answer([reference], reference) },
      ...(concepts && {
        concepts: {
          find: question => {
            const { system, version, code, display, language } = question
            return meanings.answer([system, version, code, display, language], question)
          },
        },
      }),
      ...(questionnaires && { questionnaires: { find: canonical => forms.answer([canonical], canonical) } }),
    })
    if ([codes, targets, meanings, forms].every(each => each.isSettled()) || round === mostRounds) return issues
    await Promise.all([
      codes.settle(questions => ask.codes(questions), 'unknown value set'),
      targets.settle(references => ask.targets(references), 'absent'),
      meanings.settle(async questions => (await ask.concepts?.(questions)) ?? [], undefined),
      forms.settle(async canonicals => (await ask.questionnaires?.(canonicals)) ?? [], undefined),
    ])
  }
}

/** Questions of one kind: those that are answered by now, and those that this pass has asked in vain. */
function inquiry<Q, A>(remembered: (question: Q) => A) {
  const known = new Map<string, A>()
  const open = new Map<string, Q>()
  return {
    answer(name: readonly (string | undefined)[], question: Q): A {
      const key = JSON.stringify(name)
      const answer = known.has(key) ? (known.get(key) as A) : remembered(question)
      if (answer === 'later') open.set(key, question)
      return answer
    },
    isSettled: () => open.size === 0,
    async settle(ask: (questions: readonly Q[]) => Promise<readonly A[]>, otherwise: A): Promise<void> {
      if (open.size === 0) return
      const keys = [...open.keys()]
      const answers = await ask([...open.values()])
      for (const [at, key] of keys.entries()) known.set(key, answers[at] ?? otherwise)
      open.clear()
    },
  }
}
