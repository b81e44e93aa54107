import { sanitizeLine } from '../render/sanitize.js'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text between or inside the tags of XML and HTML; control characters, which XML cannot hold, are shown as escapes. */
export function escapeXml(text: string): string {
  return sanitizeLine(text).replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
}
