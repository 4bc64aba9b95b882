/**
 * What a constraint is evaluated against: an edition of SNOMED CT, or what is made like it. Some editions are loaded with more than
 * others; a constraint that needs what is not there is refused.
 */
import type { CodeSystem, Relations } from '../code-system.ts'

export type Substrate = CodeSystem & Relations
