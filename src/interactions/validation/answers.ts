/** What the validator asks about codes and targets beyond R4's own: the tenant's vocabulary, and resources that it has stored. */
import { parseJson } from '../../fhir/json.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import { unmarked } from '../../fhir/subset.ts'
import type { Store } from '../../store/port.ts'
import type { CodeAnswer, CodeQuestion, Codes } from '../../validation/codes.ts'
import type { Answers } from '../../validation/validator.ts'
import type { Bindings } from '../vocabulary/bindings.ts'
import type { Vocabulary } from '../vocabulary/vocabulary.ts'

export type AnswerNeeds = {
  readonly store: Pick<Store, 'readAll'>
  readonly tenant: string
  /** As the tenant's clients see it. */
  readonly base: string
  /** R4's, as far as they are listed. */
  readonly core: Codes
  /** What codes mean in the tenant: a promise only where it must be looked up. */
  readonly vocabulary: () => Vocabulary | Promise<Vocabulary>
}

export function answersFrom({ store, tenant, base, core, vocabulary }: AnswerNeeds): Answers {
  return {
    memory: {
      codes: {
        validate(question) {
          const answer = core.validate(question)
          if (answer === 'in' || answer === 'out') return answer
          const known = vocabulary()
          return known instanceof Promise ? 'later' : more(known.bindings, question, answer)
        },
      },
      concepts: {
        find(question) {
          const known = vocabulary()
          return known instanceof Promise ? 'later' : known.findFault(question)
        },
      },
      targets: { find: () => 'later' },
    },
    ask: {
      async codes(questions) {
        const { bindings } = await vocabulary()
        return questions.map(question => more(bindings, question, core.validate(question)))
      },
      async concepts(questions) {
        const { findFault } = await vocabulary()
        return questions.map(findFault)
      },
      targets: references => targetsAt(references, { store, tenant, base }),
    },
  }
}

/** `before`: what R4's lists told. Of a value set that R4 defines, a code system is what may be unknown. */
function more(bindings: Bindings, question: CodeQuestion, before: CodeAnswer): ReturnType<Bindings['validate']> {
  if (before === 'in' || before === 'out') return before
  const answer = bindings.validate(question)
  return answer === 'unknown value set' && before === 'unknown system' ? before : answer
}

/** The current version of what is stored here; of what is stored elsewhere, or only seen in part, nothing is said. */
async function targetsAt(
  references: readonly string[],
  { store, tenant, base }: Pick<AnswerNeeds, 'store' | 'tenant' | 'base'>,
): Promise<readonly (Resource | 'absent')[]> {
  const keys = references.map(text => {
    const parsed = parseReference(text, base)
    return parsed.kind === 'local' ? { tenant, type: parsed.type, id: parsed.id } : undefined
  })
  const here = keys.filter(key => key !== undefined)
  const found = await store.readAll(here)
  const versions = new Map(here.map((key, index) => [key, found[index]]))
  return keys.map(key => {
    const json = key && versions.get(key)?.json
    const resource = json === undefined ? undefined : parseJson(json)
    return isResource(resource) && unmarked(resource) === resource ? resource : 'absent'
  })
}
