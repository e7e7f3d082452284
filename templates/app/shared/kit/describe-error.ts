/** What people are told about an error. */
import type { ApiError } from './api.ts'
import type { IconName } from './icons.ts'
import type { Messages } from './messages.ts'

export interface ErrorDescription {
  readonly icon: IconName
  readonly title: string
  readonly text: string
}

export function describeError(error: ApiError, messages: Messages): ErrorDescription {
  const detail = error.messages.join(' ')
  switch (error.trouble) {
    case 'offline':
      return { icon: 'offline', title: messages.offlineTitle, text: messages.offlineText }
    case 'signedOut':
      return { icon: 'lock', title: messages.signedOutTitle, text: messages.signedOutText }
    case 'forbidden':
      return {
        icon: 'lock',
        title: messages.forbiddenTitle,
        text: detail || messages.forbiddenText,
      }
    case 'missing':
      return { icon: 'search', title: messages.missingTitle, text: messages.missingText }
    case 'noTable':
      return { icon: 'search', title: messages.noTableTitle, text: messages.noTableText }
    case 'invalid':
      return { icon: 'alert', title: messages.invalidTitle, text: detail || messages.failedText }
    case 'failed':
      return { icon: 'alert', title: messages.failedTitle, text: messages.failedText }
  }
}
