/** `POST [base]/$install-package`: a package as it is, or the name of one. */
import type * as conformance from '../../conformance/artifact.ts'
import type { PackageSource } from '../../conformance/package/source.ts'
import { fail } from '../../fhir/issue.ts'
import type { Call, Operation } from '../kernel/operation.ts'
import { installPackage, reportOutcome, type Wanted } from './install-package.ts'

const archives = ['application/gzip', 'application/x-gzip', 'application/octet-stream']

/** `packages`: a new source for each installation. */
export function installPackageOperation(definition: conformance.Operation, packages: () => PackageSource): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: true,
    scope: 'all',
    cost: 1_000,
    content: archives,
    async run(ctx, call) {
      const { tenant, base } = call.request
      const place = { tenant, base, patience: 0 }
      return reportOutcome(await installPackage(ctx, place, wantedBy(call), packages()))
    },
  }
}

function wantedBy({ request: { body }, input }: Call): Wanted {
  const examples = input.flag('examples') ?? false
  const [name, version] = [input.text('name'), input.text('version')]
  const bytes = body?.is === 'bytes' && archives.includes(body.type) ? body.bytes : undefined
  if (bytes !== undefined && name === undefined && version === undefined) return { by: 'bytes', bytes, examples }
  if (bytes === undefined && name !== undefined) return { by: 'name', name, version: version ?? 'latest', examples }
  throw fail(
    'required',
    `expected either a package as the body (${archives[0]}), or Parameters with its name; received ${bytes ? 'both' : 'neither'}`,
    undefined,
    { status: 400 },
  )
}
