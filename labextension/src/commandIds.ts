/** The ids of our commands. `cancel-job` and the others take `{ id }`. */
export const CommandIDs = {
  openPanel: 'ftwidgets:open-panel',
  newJob: 'ftwidgets:new-job',
  cancel: 'ftwidgets:cancel-job',
  pause: 'ftwidgets:pause-job',
  resume: 'ftwidgets:resume-job',
  copyModelId: 'ftwidgets:copy-model-id',
  deleteModel: 'ftwidgets:delete-model'
} as const;
