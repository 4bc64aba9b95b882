/** All interactions and operations, as the server has them. */

import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { anyOf } from '../../../src/conformance/package/source.ts'
import { tabulate } from '../../../src/interactions/dispatch.ts'
import { interactions } from '../../../src/interactions/index.ts'
import { operations } from '../../../src/operations/index.ts'
import { compileOperations } from '../../../src/operations/kernel/compile.ts'
import { byRules } from '../../../src/operations/validate/validator.ts'

export const withOperations = tabulate([
  ...interactions,
  ...compileOperations(
    operations({
      ...{ definitions: loadDefinitions(), validator: byRules, packages: () => anyOf([]), library: undefined },
      ...{ glassMinutes: 60, newToken: () => 'token' },
    }),
  ),
])
