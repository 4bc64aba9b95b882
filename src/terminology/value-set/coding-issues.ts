/** What may be wrong with a coding, in the words that clients know. https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import { printCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import { textOf } from '../element.ts'
import { isPartial } from './clause.ts'
import type { Members } from './membership.ts'
import { misspelt } from './misspelt.ts'
import type { Terminology } from './terminology.ts'
import { type TxIssue, txIssue } from './tx-issue.ts'
import { type Coding, type Place, printCoding } from './validate-request.ts'

export function noCode(at: Place): TxIssue {
  const text = 'Coding has no code, so there is nothing to validate'
  return incomplete('Coding_has_no_code__cannot_validate', text, at)
}

/** One finding: what has neither is one mistake, not two. */
export function noSystemOrCode(at: Place): TxIssue {
  const text =
    'Coding has neither a system nor a code, so it cannot be validated. A system and a code should be provided'
  return incomplete('Coding_has_no_system_or_code__cannot_validate', text, at)
}

export function noSystem(at: Place): TxIssue {
  const text =
    'Coding has no system. A code with no system has no defined meaning, and it cannot be validated. A system should be provided'
  return incomplete('Coding_has_no_system__cannot_validate', text, at)
}

/** Only who asks can tell whether such data is acceptable where it stands, so it is no error; it is not valid either. */
function incomplete(id: string, text: string, at: Place): TxIssue {
  return txIssue({ severity: 'warning', code: 'invalid', type: 'invalid-data', id, text, at: at.itself })
}

export const ofOtherSystem = 'CODING_OF_OTHER_SYSTEM'

export function otherSystem(coding: Coding, expected: string, at: Place): TxIssue {
  const text = `The provided code '${printCoding(coding)}' is not of the CodeSystem '${expected}'`
  return txIssue({ code: 'code-invalid', type: 'invalid-code', id: ofOtherSystem, text, at: at.system })
}

export const relativeSystem = 'Terminology_TX_System_Relative'

/** What is wrong with the URL of a code system that is not known. */
export function systemIssues(url: string, at: string, terminology: Terminology): readonly TxIssue[] {
  const found = (id: string, text: string): readonly TxIssue[] => [
    txIssue({ code: 'invalid', type: 'invalid-data', id, text, at }),
  ]
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url)) {
    return found(relativeSystem, 'Coding.system must be an absolute reference, not a local reference')
  }
  if (terminology.codeSystem(url) === undefined && terminology.valueSet(url) !== undefined) {
    return found('Terminology_TX_System_ValueSet2', `The Coding references a value set, not a code system ('${url}')`)
  }
  const supplement = terminology.codeSystem(url) === undefined ? terminology.supplement(url) : undefined
  if (supplement !== undefined) {
    const named = printCanonical(url, textOf(supplement, 'version'))
    const text = `CodeSystem ${named} is a supplement, so can't be used as a value in Coding.system`
    return found('CODESYSTEM_CS_NO_SUPPLEMENT', text)
  }
  return []
}

/** A code, and the definition that it is held against. */
type Held = { readonly code: string; readonly url: string; readonly system: CodeSystem; readonly at: Place }

export function inDoubt({ code, url, system, at }: Held, { definition }: Members): TxIssue {
  const text = `Whether the code '${code}' is in the value set '${definition.canonical}' cannot be told: the CodeSystem '${printCanonical(url, system.facts.version)}' is labeled as a fragment, and may lack what would put it there`
  return txIssue({
    severity: 'warning',
    code: 'business-rule',
    type: 'code-comment',
    id: 'UNKNOWN_MEMBERSHIP_IN_FRAGMENT',
    text,
    at: at.code,
  })
}

export function notActive(code: string, at: Place): TxIssue {
  return rule('error', 'STATUS_CODE_WARNING_CODE', `The concept '${code}' is valid but is not active`, at.code)
}

export function isAbstract(coding: Coding, at: Place): TxIssue {
  const text = `Code '${printCoding(coding)}' is abstract, and not allowed in this context`
  return rule('error', 'ABSTRACT_CODE_NOT_ALLOWED', text, at.code)
}

export function differsInCase({ code, url, system, at }: Held, right: string): TxIssue {
  const text = `The code '${code}' differs from the correct code '${right}' by case. Although the code system '${printCanonical(url, system.facts.version)}' is case insensitive, implementers are strongly encouraged to use the correct case anyway`
  return rule('information', 'CODE_CASE_DIFFERENCE', text, at.code)
}

function rule(severity: 'error' | 'information', id: string, text: string, at: string): TxIssue {
  return txIssue({ severity, code: 'business-rule', type: 'code-rule', id, text, at })
}

export function unknownCode(code: string, system: CodeSystem, at: string, why: string | undefined): TxIssue {
  const { url, version } = system.facts
  const where = `in the CodeSystem '${url}'${version === undefined ? '' : ` version '${version}'`}`
  const slip = why ?? misspelt(code, system) ?? expressionIn(code, system)
  if (isPartial(system)) {
    return txIssue({
      severity: 'warning',
      code: 'code-invalid',
      type: 'invalid-code',
      id: 'UNKNOWN_CODE_IN_FRAGMENT',
      text: `Unknown Code '${code}' ${where}${slip === undefined ? '' : `: ${slip}`} - note that the code system is labeled as a fragment, so the code may be valid in some other fragment`,
      at,
    })
  }
  return txIssue({
    code: 'code-invalid',
    type: 'invalid-code',
    id: version === undefined ? 'Unknown_Code_in' : 'Unknown_Code_in_Version',
    text: `Unknown code '${code}' ${where}${slip === undefined ? '' : `: ${slip}`}`,
    at,
  })
}

function expressionIn(code: string, { facts }: CodeSystem): string | undefined {
  return facts.compositional && /[:+|=]/.test(code) ? 'post-coordinated expressions are not supported' : undefined
}

export function notIn(coding: Coding, { definition }: Members, at: Place): TxIssue {
  return txIssue({
    code: 'code-invalid',
    type: 'not-in-vs',
    id: 'None_of_the_provided_codes_are_in_the_value_set_one',
    text: `The provided code '${printCoding(coding)}${coding.display === undefined ? '' : ` ('${coding.display}')`}' was not found in the value set '${definition.canonical}'`,
    at: at.code,
  })
}
