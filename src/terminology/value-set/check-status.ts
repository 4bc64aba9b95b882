/** What is to be said of the standing of a code, its code system and its value set. */
import type { Severity } from '../../fhir/issue.ts'
import { printCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import type { Concept, ConceptSet } from '../concept-set.ts'
import { textOf } from '../element.ts'
import { standardsStatus } from '../resource/facts.ts'
import type { ConceptReference, Definition } from './definition.ts'
import type { Members } from './membership.ts'
import { type TxIssue, txIssue } from './tx-issue.ts'

/** `retired`, `deprecated`, … as the code system calls it. */
export function statusOf(system: CodeSystem, concept: Concept): string | undefined {
  const extension = system.extensions?.(concept).find(({ url }) => url === standardsStatus)
  if (extension !== undefined) return textOf(extension, 'valueCode')
  if (!withStatus(system).has(concept)) return undefined
  const value = system.properties(concept).find(({ code }) => code === 'status')?.value
  return typeof value === 'string' ? value : undefined
}

/** Most code systems have none at all: then no properties need to be read. */
const known = new WeakMap<CodeSystem, ConceptSet>()

function withStatus(system: CodeSystem): ConceptSet {
  const before = known.get(system)
  if (before !== undefined) return before
  const found = system.having('status')
  known.set(system, found)
  return found
}

const reviewed = new Set(['retired', 'deprecated', 'withdrawn', 'inactive'])

/** Code systems have words of their own for what is in use (`A`, `current`), which tell clients nothing. */
export function notable(system: CodeSystem, concept: Concept, status: string | undefined): string | undefined {
  if (status === undefined || status === 'active') return undefined
  return reviewed.has(status) || system.inactive(concept) ? status : undefined
}

export function checkConcept(
  system: CodeSystem,
  concept: Concept,
  status: string | undefined,
  at: string,
): readonly TxIssue[] {
  const isInactive = system.inactive(concept)
  const standings = new Set(status !== undefined && reviewed.has(status) ? [status] : [])
  if (isInactive) standings.add('inactive')
  if (standings.size === 0) return []
  const standing = [...standings].join(' and ')
  return [
    txIssue({
      severity: 'warning',
      code: 'business-rule',
      type: 'code-comment',
      id: isInactive ? 'INACTIVE_CONCEPT_FOUND' : 'DEPRECATED_CONCEPT_FOUND',
      text: `The concept '${system.code(concept)}' ${isInactive ? 'has a status of' : 'is'} ${standing} and its use should be reviewed`,
      at,
    }),
  ]
}

/** A value set may keep a code for old data, and say so. */
export function checkMention(
  mention: ConceptReference | undefined,
  system: string,
  members: Members,
  at: string,
): readonly TxIssue[] {
  if (mention?.status !== 'deprecated' && mention?.status !== 'withdrawn') return []
  const { canonical } = members.definition
  return [
    txIssue({
      severity: 'warning',
      code: 'business-rule',
      type: 'code-comment',
      id: 'CONCEPT_DEPRECATED_IN_VALUESET',
      text: `The presence of the concept '${mention.code}' in the system '${system}' in the value set ${canonical} is marked with a status of ${mention.status} and its use should be reviewed`,
      at,
    }),
  ]
}

type Standing = { readonly status: string; readonly experimental: boolean; readonly standardsStatus?: string }

/** Drafts and experiments are told of a code system only where the value set claims to be more. */
export function checkDefinitions(system: CodeSystem, members: Members | undefined): readonly TxIssue[] {
  const { url, version } = system.facts
  const definition = members?.definition
  const issues: TxIssue[] = []
  const own = standingOf(system.facts)
  const claim = definition === undefined ? undefined : standingOf(definition)
  if (own !== undefined && !(claim === own && (own === 'draft' || own === 'experimental'))) {
    const issue = reference(own, 'CodeSystem', printCanonical(url, version))
    issues.push(own === 'draft' && definition !== undefined ? comingFrom(definition, issue) : issue)
  }
  if (definition !== undefined && (claim === 'withdrawn' || claim === 'deprecated' || claim === 'retired')) {
    issues.push(reference(claim, 'ValueSet', definition.canonical))
  }
  return issues
}

function standingOf({ status, experimental, standardsStatus }: Standing): string | undefined {
  if (standardsStatus === 'deprecated' || standardsStatus === 'withdrawn') return standardsStatus
  if (status === 'retired') return 'retired'
  if (experimental) return 'experimental'
  return status === 'draft' ? 'draft' : undefined
}

function reference(standing: string, type: 'CodeSystem' | 'ValueSet', canonical: string): TxIssue {
  const severity: Severity = 'information'
  const id = `MSG_${standing.toUpperCase()}`
  const text = `Reference to ${standing} ${type} ${canonical}`
  return txIssue({ severity, code: 'business-rule', type: 'status-check', id, text })
}

/** Only who refers to a draft makes it a matter of note. */
function comingFrom({ status, canonical }: Definition, issue: TxIssue): TxIssue {
  const { severity, code, type, id, diagnostics } = issue
  const text = `${diagnostics} from ${status} ValueSet ${canonical}`
  return txIssue({ severity, code, type, id: `${id}_SRC_STATUS`, text })
}
