/** Schemes whose codes identify concepts, too: `LOINC#54486-6`. They are what RF2 calls identifier schemes, by their aliases. */
export const schemes: Readonly<Record<string, string>> = {
  LOINC: '30051010000102',
  NPU: '21003000106',
  NUVA: '21002000101',
}

/** The property that tells of a concept what other schemes call it: `LOINC#54486-6`. */
export const alternateIdentifier = 'alternateIdentifier'
