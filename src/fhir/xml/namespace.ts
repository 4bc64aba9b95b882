/** https://hl7.org/fhir/R4/xml.html: "FHIR elements are always in the namespace http://hl7.org/fhir"; narratives are in XHTML's. */
export const fhir = 'http://hl7.org/fhir'
export const xhtml = 'http://www.w3.org/1999/xhtml'
/** Those of attributes that only serve XML tools. */
export const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance'
export const xmlns = 'http://www.w3.org/2000/xmlns/'
