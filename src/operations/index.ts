/** All operations, by hand: from this list come their place in the dispatch table and what the CapabilityStatement claims. */
import type * as conformance from '../conformance/artifact.ts'
import type { Definitions } from '../conformance/definitions.ts'
import { ownOperation } from '../conformance/operation-definition.ts'
import { ownOperations } from '../conformance/own.ts'
import type { PackageSource } from '../conformance/package/source.ts'
import { breakGlass } from './break-glass/break-glass.ts'
import { findMatches } from './codesystem/find-matches.ts'
import { lookup } from './codesystem/lookup.ts'
import { subsumes } from './codesystem/subsumes.ts'
import { validateCode } from './codesystem/validate-code.ts'
import { closure } from './conceptmap/closure.ts'
import { translateOperation } from './conceptmap/translate.ts'
import { convert } from './convert.ts'
import { importCodeSystem } from './import-code-system/import.ts'
import { importStatus } from './import-code-system/status.ts'
import { installPackageOperation } from './install-package/operation.ts'
import type { Operation } from './kernel/operation.ts'
import { launch } from './launch.ts'
import { metaAdd, metaDelete } from './meta/change.ts'
import { meta } from './meta/meta.ts'
import { withKinds } from './terminology/kinds.ts'
import { validate } from './validate/validate.ts'
import type { Validator } from './validate/validator.ts'
import { batchValidateCode } from './valueset/batch-validate-code.ts'
import { expandOperation } from './valueset/expand.ts'
import { validateMember } from './valueset/validate-code.ts'
import { versions } from './versions.ts'

export type OperationNeeds = {
  readonly definitions: Pick<Definitions, 'operations'>
  readonly validator: Validator
  /** Where packages may be had by name; a new source for each installation. */
  readonly packages: () => PackageSource
  /** The folder of the library of code systems; `undefined`: there is none. */
  readonly library: string | undefined
  /** For how long glass may be broken. */
  readonly glassMinutes: number
  /** Text that nobody can guess. */
  readonly newToken: () => string
}

export function operations(needs: OperationNeeds): readonly Operation[] {
  const { definitions, validator, packages, library, glassMinutes, newToken } = needs
  const known = new Map([...definitions.operations, ...ownOperations().map(ownOperation)].map(one => [one.url, one]))
  const defined = (url: string): conformance.Operation => {
    const found = known.get(url)
    if (!found) throw new Error(`there is no OperationDefinition '${url}'`)
    return found
  }
  const r4 = (id: string): conformance.Operation => defined(`http://hl7.org/fhir/OperationDefinition/${id}`)
  const own = (id: string): conformance.Operation => defined(`https://kiln.example/fhir/OperationDefinition/${id}`)
  return [
    versions(r4('CapabilityStatement-versions')),
    convert(r4('Resource-convert')),
    meta(r4('Resource-meta')),
    metaAdd(r4('Resource-meta-add')),
    metaDelete(r4('Resource-meta-delete')),
    validate(r4('Resource-validate'), validator),
    validate(own('validate-system'), validator),
    ...[
      lookup(r4('CodeSystem-lookup')),
      validateCode(r4('CodeSystem-validate-code')),
      subsumes(r4('CodeSystem-subsumes')),
      findMatches(r4('CodeSystem-find-matches')),
      expandOperation(r4('ValueSet-expand')),
      validateMember(r4('ValueSet-validate-code')),
      batchValidateCode(own('batch-validate-code'), r4('ValueSet-validate-code')),
      translateOperation(r4('ConceptMap-translate')),
      closure(r4('ConceptMap-closure')),
    ].map(withKinds),
    installPackageOperation(own('install-package'), packages),
    importCodeSystem(own('import-code-system'), library),
    importStatus(own('import-status'), library),
    breakGlass(own('break-glass'), glassMinutes),
    launch(own('launch'), newToken),
  ]
}
