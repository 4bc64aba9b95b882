/** The concepts of SNOMED CT's model component that ECL's keywords stand for. */
export const metadata = {
  fullySpecifiedName: '900000000000003001',
  synonym: '900000000000013009',
  definition: '900000000000550004',
  primitive: '900000000000074008',
  defined: '900000000000073002',
  preferred: '900000000000548007',
  acceptable: '900000000000549004',
  sameAs: '900000000000527005',
  replacedBy: '900000000000526001',
  wasA: '900000000000528000',
  partiallyEquivalentTo: '1186924009',
  historicalAssociation: '900000000000522004',
} as const
