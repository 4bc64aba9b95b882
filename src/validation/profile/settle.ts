/** A pass whose questions are not all answered from memory: they are asked in one go, and the pass is repeated. */
import type { Issue } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { CodeAnswer, CodeQuestion, Codes } from '../codes.ts'
import type { Targets } from '../targets.ts'

/** What answers at once, or `later`. */
export type Memory = { readonly codes: Codes; readonly targets: Targets }

/** What answers when it has had the time; in the order of the questions. */
export type Ask = {
  codes(questions: readonly CodeQuestion[]): Promise<readonly Exclude<CodeAnswer, 'later'>[]>
  targets(references: readonly string[]): Promise<readonly (Resource | 'absent')[]>
}

/** Notes whether anything had to be put off. */
export function noting({ codes, targets }: Memory): Memory & { readonly isPutOff: () => boolean } {
  let isPutOff = false
  const noted = <T>(answer: T): T => {
    if (answer === 'later') isPutOff = true
    return answer
  }
  return {
    codes: { validate: question => noted(codes.validate(question)) },
    targets: { find: reference => noted(targets.find(reference)) },
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
  const answers = new Map<string, CodeAnswer>()
  const found = new Map<string, Resource | 'absent'>()
  for (let round = 1; ; round++) {
    const questions = new Map<string, CodeQuestion>()
    const references = new Set<string>()
    const issues = pass({
      codes: {
        validate(question) {
          const key = JSON.stringify([question.valueSet, question.system, question.version, question.code])
          const answer = answers.get(key) ?? memory.codes.validate(question)
          if (answer === 'later') questions.set(key, question)
          return answer
        },
      },
      targets: {
        find(reference) {
          const target = found.get(reference) ?? memory.targets.find(reference)
          if (target === 'later') references.add(reference)
          return target
        },
      },
    })
    if ((questions.size === 0 && references.size === 0) || round === mostRounds) return issues
    const [known, targets] = await Promise.all([ask.codes([...questions.values()]), ask.targets([...references])])
    for (const [index, key] of [...questions.keys()].entries()) answers.set(key, known[index] ?? 'unknown value set')
    for (const [index, reference] of [...references].entries()) found.set(reference, targets[index] ?? 'absent')
  }
}
