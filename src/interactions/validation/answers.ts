/** What the validator asks about codes and targets beyond R4's own: ValueSets and other resources that the tenant has stored. */
import { FhirError } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import { all } from '../../search/node.ts'
import type { Code } from '../../search/plan.ts'
import type { Store } from '../../store/port.ts'
import type { CodeQuestion, Codes } from '../../validation/codes.ts'
import type { Answers } from '../../validation/validator.ts'
import { codesIn } from '../search/codes.ts'

export type AnswerNeeds = {
  readonly store: Pick<Store, 'readAll' | 'search' | 'count'>
  readonly tenant: string
  /** As the tenant's clients see it. */
  readonly base: string
  /** ms that the store may take for each question. */
  readonly budget: number
  /** R4's. */
  readonly core: Codes
  readonly terms: Terms
}

type Answer = 'in' | 'out' | 'unknown value set'

/** By canonical: whether a value set has a code. For as long as no ValueSet or CodeSystem of the tenant changes. */
export type Terms = Map<string, (question: CodeQuestion) => Answer>

const remembered = 1_000 // value sets; names of some that nobody has may come from any profile

export function answersFrom({ store, tenant, base, budget, core, terms }: AnswerNeeds): Answers {
  async function learn(valueSet: string): Promise<void> {
    const terminology = codesIn({ store, tenant, base, budget, restrict: () => all })
    const codes = await terminology.valueSet(valueSet).catch(beyondListing)
    if (terms.size >= remembered) terms.clear()
    terms.set(valueSet, answering(codes))
  }

  return {
    memory: {
      codes: {
        validate(question) {
          const answer = core.validate(question)
          if (answer !== 'unknown value set') return answer
          return terms.get(question.valueSet)?.(question) ?? 'later'
        },
      },
      targets: { find: () => 'later' },
    },
    ask: {
      async codes(questions) {
        const wanted = new Set(questions.map(({ valueSet }) => valueSet))
        await Promise.all([...wanted].map(learn))
        return questions.map(question => terms.get(question.valueSet)?.(question) ?? 'unknown value set')
      },
      targets: references => targetsAt(references, { store, tenant, base }),
    },
  }
}

/** One that has too many codes to list them is not known; anything else is a fault of ours or of the store's. */
function beyondListing(error: unknown): undefined {
  if (!(error instanceof FhirError)) throw error
}

function answering(codes: readonly Code[] | undefined): (question: CodeQuestion) => Answer {
  if (codes === undefined) return () => 'unknown value set'
  const coded = new Set(codes.map(({ system, code }) => `${system ?? ''}|${code}`))
  const bare = new Set(codes.map(({ code }) => code))
  return ({ system, code }) => ((system === undefined ? bare.has(code) : coded.has(`${system}|${code}`)) ? 'in' : 'out')
}

/** The current version of what is stored here; of what is stored elsewhere nothing is said. */
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
    return isResource(resource) ? resource : 'absent'
  })
}
