(function () {
  "use strict";
  var box = document.getElementById("progress");
  if (!box) { return; }
  var state = function (e) { var s = e.querySelector(".state"); return s ? s.getAttribute("data-state") : ""; };
  var first = state(box);
  setInterval(function () {
    if (document.hidden) { return; }
    fetch(box.getAttribute("data-from"), { redirect: "error" }).then(function (r) { return r.ok ? r.text() : Promise.reject(r.status); }).then(function (text) {
      box.replaceChildren.apply(box, new DOMParser().parseFromString(text, "text/html").body.childNodes);
      document.getElementById("changed").hidden = state(box) === first;
    }, function () {});
  }, 2000);
})();
