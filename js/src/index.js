// The widgets of nerv-lab, as anywidget loads them.

import { View } from "./view.js";

function render({ model, el }) {
  const view = new View({ model, el });
  return () => view.destroy();
}

export default { render };
